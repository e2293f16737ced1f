#include "kernels/integers.h"
#include "kernels/operands.h"
#include "kernels/registry.h"
#include "kernels/unary/function.h"
#include "kernels/unary/operation.h"

namespace gdws {

namespace {

class UnaryReference final : public Kernel {
 public:
  explicit UnaryReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    if (operation_.type == DataType::int64) return runIntegers<int64_t>(buffers);
    if (operation_.type == DataType::int32) return runIntegers<int32_t>(buffers);
    for (int64_t i = 0; i < operation_.elements; ++i) {
      buffers.result()[i] = static_cast<float>(operation_.call(buffers.floats(0)[i]));
    }
  }

 private:
  template <class Integer>
  void runIntegers(const Buffers& buffers) const {
    const auto* x = static_cast<const Integer*>(buffers.inputs[0]);
    auto* y = static_cast<Integer*>(buffers.outputs[0]);
    for (int64_t i = 0; i < operation_.elements; ++i) y[i] = apply(operation_.call.function, x[i]);
  }

  UnaryOperation operation_;
};

}  // namespace

const KernelDefinition unaryReference = {"unary.reference", Opcode::unary, 0, supportsAll, makeKernel<UnaryReference>};

}  // namespace gdws
