#include "kernels/grain.h"
#include "kernels/registry.h"
#include "kernels/unary/operation.h"

namespace gdws {

namespace {

class UnaryVector final : public Kernel {
 public:
  UnaryVector(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(operation), row_(functions.unary[static_cast<int>(operation_.call.function)]) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const Range range = team.share(operation_.elements, grain);
    const float* x = buffers.floats(0);
    float* y = buffers.result();
    if (row_ != nullptr) {
      row_(x + range.begin, y + range.begin, range.end - range.begin, operation_.call.a, operation_.call.b);
    } else {
      for (int64_t i = range.begin; i < range.end; ++i) y[i] = static_cast<float>(operation_.call(x[i]));
    }
  }

 private:
  UnaryOperation operation_;
  ElementwiseFunctions::Unary row_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  return operation.hasInput(0) && operation.input(0).type == DataType::float32;
}

}  // namespace

const KernelDefinition unaryVector = {"unary.vector", Opcode::unary, 0, supports, makeVectorKernel<UnaryVector>};

}  // namespace gdws
