#include "kernels/integer/rounding.h"
#include "kernels/integer_binary/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class IntegerBinaryReference final : public Kernel {
 public:
  explicit IntegerBinaryReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const IntegerBinaryAttributes& attributes = operation_.attributes;
    const auto least = static_cast<float>(attributes.least - attributes.zeroPoint);
    const auto most = static_cast<float>(attributes.most - attributes.zeroPoint);
    auto* y = static_cast<uint8_t*>(buffers.outputs[0]);
    for (int64_t i = 0; i < operation_.loop.elements; ++i) {
      const Offsets offsets = operation_.loop.offsetsAt(i);
      const int32_t a = byteAt(buffers.inputs[0], operation_.aType, offsets[0]) - attributes.aZeroPoint;
      const int32_t b = byteAt(buffers.inputs[1], operation_.bType, offsets[1]) - attributes.bZeroPoint;
      y[i] = static_cast<uint8_t>(roundWithin(result(a, b), least, most) + attributes.zeroPoint);
    }
  }

 private:
  float result(int32_t a, int32_t b) const {
    const IntegerBinaryAttributes& attributes = operation_.attributes;
    if (attributes.function == IntegerBinaryFunction::mul) return static_cast<float>(a * b) * attributes.aScale;
    // Where there is a fused multiply-add, compilers would take it for the sum, and leave out a rounding.
    const volatile float t = static_cast<float>(a) * attributes.aScale;
    const volatile float u = static_cast<float>(b) * attributes.bScale;
    return t + u;
  }

  IntegerBinaryOperation operation_;
};

}  // namespace

const KernelDefinition integerBinaryReference = {"integerBinary.reference", Opcode::integerBinary, 0, supportsAll,
                                                 makeKernel<IntegerBinaryReference>};

}  // namespace gdws
