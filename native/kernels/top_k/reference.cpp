#include "kernels/element_type.h"
#include "kernels/registry.h"
#include "kernels/top_k/operation.h"

namespace gdws {

namespace {

class TopKReference final : public Kernel {
 public:
  explicit TopKReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    withNumber(operation_.type, [&]<class Number>(Number) { select<Number>(buffers); });
  }

 private:
  template <class Number>
  void select(const Buffers& buffers) const {
    const TopKOperation& o = operation_;
    auto* values = static_cast<Number*>(buffers.outputs[0]);
    auto* indices = static_cast<int64_t*>(buffers.outputs[1]);
    for (int64_t line = 0; line < o.outer * o.inner; ++line) {
      const int64_t row = line / o.inner, column = line % o.inner;
      const auto* x = static_cast<const Number*>(buffers.inputs[0]) + row * o.n * o.inner + column;
      for (int64_t i = 0; i < o.n; ++i) {
        // Its rank is the number of elements before it.
        int64_t rank = 0;
        for (int64_t j = 0; j < o.n; ++j) rank += o.precedes(x[j * o.inner], j, x[i * o.inner], i) ? 1 : 0;
        if (rank >= o.k) continue;
        const int64_t to = (row * o.k + rank) * o.inner + column;
        values[to] = x[i * o.inner];
        indices[to] = i;
      }
    }
  }

  TopKOperation operation_;
};

}  // namespace

const KernelDefinition topKReference = {"topK.reference", Opcode::topK, overwritesNothing, supportsAll,
                                        makeKernel<TopKReference>};

}  // namespace gdws
