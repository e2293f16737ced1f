#include <algorithm>

#include "kernels/argReduce/kernels.h"
#include "kernels/argReduce/operation.h"

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
      search(buffers.floats(0) + outer * o.n * o.inner + column, y + outer * o.inner + column,
             std::min(tile, o.inner - column));
    }
  }

 private:
  void search(const float* x, int64_t* y, int64_t columns) const {
    // The definition is copied, for compilers to know that writing results does not change it.
    const ArgReduceOperation o = operation_;
    float best[tile];
    int32_t place[tile];
    std::copy_n(x, columns, best);
    std::fill_n(place, columns, 0);
    for (int64_t i = 1; i < o.n; ++i) {
      const float* row = x + i * o.inner;
      for (int64_t c = 0; c < columns; ++c) {
        const bool replaces = o.replaces(row[c], best[c]);
        best[c] = replaces ? row[c] : best[c];
        place[c] = replaces ? static_cast<int32_t>(i) : place[c];
      }
    }
    std::copy_n(place, columns, y);
  }

  ArgReduceOperation operation_;
};

}  // namespace

const KernelDefinition argReduceColumns = {"argReduce.columns", Opcode::argReduce, false, supportsAll,
                                           makeKernel<ArgReduceColumns>};

}  // namespace gdws
