#include <algorithm>
#include <numeric>

#include "kernels/element_type.h"
#include "kernels/registry.h"
#include "kernels/top_k/operation.h"

namespace gdws {

namespace {

/// Sorts the places of the first k elements of each line; threads divide the lines.
class TopKLines final : public Kernel {
 public:
  explicit TopKLines(const OperationView& operation) : operation_(operation) {}

  int64_t scratchBytes(int threads) const override {
    if (operation_.outer == 0) return 0;
    return threads * operation_.n * int64_t{sizeof(int32_t)};
  }

  void run(const Buffers& buffers, const Team& team) const override {
    withNumber(operation_.type, [&]<class Number>(Number) { select<Number>(buffers, team); });
  }

 private:
  template <class Number>
  void select(const Buffers& buffers, const Team& team) const {
    const TopKOperation& o = operation_;
    auto* places = reinterpret_cast<int32_t*>(buffers.scratch) + team.index * o.n;
    auto* values = static_cast<Number*>(buffers.outputs[0]);
    auto* indices = static_cast<int64_t*>(buffers.outputs[1]);
    const Range share = team.share(o.outer * o.inner);
    for (int64_t line = share.begin; line < share.end; ++line) {
      const int64_t row = line / o.inner, column = line % o.inner;
      const auto* x = static_cast<const Number*>(buffers.inputs[0]) + row * o.n * o.inner + column;
      std::iota(places, places + o.n, 0);
      const auto precedes = [&](int32_t i, int32_t j) { return o.precedes(x[i * o.inner], i, x[j * o.inner], j); };
      // Finds the first k in linear time; then only these are sorted.
      if (o.k < o.n) std::nth_element(places, places + o.k, places + o.n, precedes);
      std::sort(places, places + o.k, precedes);
      for (int64_t i = 0; i < o.k; ++i) {
        const int64_t to = (row * o.k + i) * o.inner + column;
        values[to] = x[places[i] * o.inner];
        indices[to] = places[i];
      }
    }
  }

  TopKOperation operation_;
};

}  // namespace

const KernelDefinition topKLines = {"topK.lines", Opcode::topK, overwritesNothing, supportsAll, makeKernel<TopKLines>};

}  // namespace gdws
