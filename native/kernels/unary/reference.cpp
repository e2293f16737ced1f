#include "kernels/operands.h"
#include "kernels/unary/function.h"
#include "kernels/unary/kernels.h"
#include "kernels/unary/operation.h"

namespace gdws {

namespace {

class UnaryReference final : public Kernel {
 public:
  explicit UnaryReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    for (int64_t i = 0; i < operation_.elements; ++i) {
      buffers.result()[i] = static_cast<float>(operation_.call(buffers.floats(0)[i]));
    }
  }

 private:
  UnaryOperation operation_;
};

}  // namespace

const KernelDefinition unaryReference = {"unary.reference", Opcode::unary, 0, supportsAll, makeKernel<UnaryReference>};

}  // namespace gdws
