#include "kernels/integers.h"

#include "kernels/element_type.h"
#include "kernels/grain.h"
#include "kernels/registry.h"
#include "kernels/unary/operation.h"

namespace gdws {

namespace {

class UnaryIntegers final : public Kernel {
 public:
  explicit UnaryIntegers(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    withInteger(operation_.type, [&]<class Integer>(Integer) { runAs<Integer>(buffers, team); });
  }

 private:
  template <class Integer>
  void runAs(const Buffers& buffers, const Team& team) const {
    const auto* x = static_cast<const Integer*>(buffers.inputs[0]);
    auto* y = static_cast<Integer*>(buffers.outputs[0]);
    const Range range = team.share(operation_.elements, grain);
    for (int64_t i = range.begin; i < range.end; ++i) y[i] = apply(operation_.call.function, x[i]);
  }

  UnaryOperation operation_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  return operation.hasInput(0) && operation.input(0).type != DataType::float32;
}

}  // namespace

const KernelDefinition unaryIntegers = {"unary.integers", Opcode::unary, 0, supports, makeKernel<UnaryIntegers>};

}  // namespace gdws
