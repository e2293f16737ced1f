#include "kernels/activate.h"
#include "kernels/binary/operation.h"
#include "kernels/integers.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class BinaryReference final : public Kernel {
 public:
  explicit BinaryReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const auto& [type, attributes, loop] = operation_;
    const auto& [function, activation] = attributes;
    if (type == DataType::int64) return runIntegers<int64_t>(buffers);
    if (type == DataType::int32) return runIntegers<int32_t>(buffers);
    for (int64_t i = 0; i < loop.elements; ++i) {
      const Offsets offsets = loop.offsetsAt(i);
      const double x = buffers.floats(0)[offsets[0]];
      const auto y = static_cast<float>(apply(function, x, double{buffers.floats(1)[offsets[1]]}));
      buffers.result()[i] = activate(activation, y);
    }
  }

 private:
  template <class Integer>
  void runIntegers(const Buffers& buffers) const {
    const auto* x = static_cast<const Integer*>(buffers.inputs[0]);
    const auto* y = static_cast<const Integer*>(buffers.inputs[1]);
    auto* z = static_cast<Integer*>(buffers.outputs[0]);
    for (int64_t i = 0; i < operation_.loop.elements; ++i) {
      const Offsets offsets = operation_.loop.offsetsAt(i);
      z[i] = apply(operation_.attributes.function, x[offsets[0]], y[offsets[1]]);
    }
  }

  BinaryOperation operation_;
};

}  // namespace

const KernelDefinition binaryReference = {"binary.reference", Opcode::binary, 0, supportsAll,
                                          makeKernel<BinaryReference>};

}  // namespace gdws
