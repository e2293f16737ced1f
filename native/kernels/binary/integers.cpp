#include "kernels/integers.h"

#include "kernels/binary/operation.h"
#include "kernels/element_type.h"
#include "kernels/grain.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class BinaryIntegers final : public Kernel {
 public:
  explicit BinaryIntegers(const OperationView& operation) : operation_(operation) {
    operation_.loop = operation_.loop.collapsed();
  }

  void run(const Buffers& buffers, const Team& team) const override {
    withInteger(operation_.type, [&]<class Integer>(Integer) { runAs<Integer>(buffers, team); });
  }

 private:
  template <class Integer>
  void runAs(const Buffers& buffers, const Team& team) const {
    const auto* x = static_cast<const Integer*>(buffers.inputs[0]);
    const auto* y = static_cast<const Integer*>(buffers.inputs[1]);
    auto* z = static_cast<Integer*>(buffers.outputs[0]);
    const StridedLoop& loop = operation_.loop;
    const Offsets& strides = loop.axes.back().strides;
    forEachRun(loop, team.share(loop.elements, grain), [&](int64_t first, int64_t count, const Offsets& offsets) {
      for (int64_t i = 0; i < count; ++i) {
        z[first + i] =
            apply(operation_.attributes.function, x[offsets[0] + i * strides[0]], y[offsets[1] + i * strides[1]]);
      }
    });
  }

  BinaryOperation operation_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  return operation.hasInput(0) && operation.input(0).type != DataType::float32;
}

}  // namespace

const KernelDefinition binaryIntegers = {"binary.integers", Opcode::binary, 0, supports, makeKernel<BinaryIntegers>};

}  // namespace gdws
