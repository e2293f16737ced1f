#include <algorithm>

#include "kernels/arg_reduce/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Columns that are searched at once, in plain loops that compilers turn into vectors.
constexpr int64_t tile = 256;

class ArgReduceColumns final : public Kernel {
 public:
  explicit ArgReduceColumns(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const ArgReduceOperation& o = operation_;
    auto* y = static_cast<int64_t*>(buffers.outputs[0]);
    const int64_t tiles = (o.inner + tile - 1) / tile;
    const Range share = team.share(o.outer * tiles);
    for (int64_t item = share.begin; item < share.end; ++item) {
      const int64_t outer = item / tiles;
      const int64_t column = item % tiles * tile;
      const float* x = buffers.floats(0) + outer * o.n * o.inner + column;
      int64_t* result = y + outer * o.inner + column;
      const int64_t columns = std::min(tile, o.inner - column);
      if (o.smallest) {
        o.selectLast ? search<true, true>(x, result, columns) : search<true, false>(x, result, columns);
      } else {
        o.selectLast ? search<false, true>(x, result, columns) : search<false, false>(x, result, columns);
      }
    }
  }

 private:
  /// ArgReduceOperation::replaces without branches.
  template <bool smallest, bool selectLast>
  static bool replaces(float candidate, float best) {
    const bool better = smallest ? candidate < best : candidate > best;
    const bool equal = selectLast & (candidate == best);
    return better | equal | ((candidate != candidate) & (best == best));
  }

  template <bool smallest, bool selectLast>
  void search(const float* x, int64_t* y, int64_t columns) const {
    float best[tile];
    int32_t place[tile];
    std::copy_n(x, columns, best);
    std::fill_n(place, columns, 0);
    for (int64_t i = 1; i < operation_.n; ++i) {
      const float* row = x + i * operation_.inner;
      for (int64_t c = 0; c < columns; ++c) {
        const bool replaced = replaces<smallest, selectLast>(row[c], best[c]);
        best[c] = replaced ? row[c] : best[c];
        place[c] = replaced ? static_cast<int32_t>(i) : place[c];
      }
    }
    std::copy_n(place, columns, y);
  }

  ArgReduceOperation operation_;
};

}  // namespace

const KernelDefinition argReduceColumns = {"argReduce.columns", Opcode::argReduce, overwritesNothing, supportsAll,
                                           makeKernel<ArgReduceColumns>};

}  // namespace gdws
