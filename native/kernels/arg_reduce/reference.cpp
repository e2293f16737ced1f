#include "kernels/arg_reduce/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class ArgReduceReference final : public Kernel {
 public:
  explicit ArgReduceReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    auto* y = static_cast<int64_t*>(buffers.outputs[0]);
    const ArgReduceOperation& o = operation_;
    for (int64_t outer = 0; outer < o.outer; ++outer) {
      for (int64_t inner = 0; inner < o.inner; ++inner) {
        const float* x = buffers.floats(0) + outer * o.n * o.inner + inner;
        int64_t best = 0;
        for (int64_t i = 1; i < o.n; ++i) {
          if (o.replaces(x[i * o.inner], x[best * o.inner])) best = i;
        }
        y[outer * o.inner + inner] = best;
      }
    }
  }

 private:
  ArgReduceOperation operation_;
};

}  // namespace

const KernelDefinition argReduceReference = {"argReduce.reference", Opcode::argReduce, overwritesNothing, supportsAll,
                                             makeKernel<ArgReduceReference>};

}  // namespace gdws
