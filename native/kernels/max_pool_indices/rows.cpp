#include <algorithm>

#include "kernels/max_pool_indices/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Threads divide the rows of y. The largest element is found without a branch on the data, which would
/// be mispredicted for half of the elements.
class MaxPoolIndicesRows final : public Kernel {
 public:
  explicit MaxPoolIndicesRows(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const MaxPoolIndicesOperation& o = operation_;
    const Range rows = team.share(o.maps * o.depth.to * o.height.to);
    for (int64_t item = rows.begin; item < rows.end; ++item) {
      const int64_t map = item / o.height.to / o.depth.to;
      const float* x = buffers.floats(0) + map * o.elementsOfMap();
      auto* y = static_cast<int64_t*>(buffers.outputs[0]) + item * o.width.to;
      const Taps slices = o.depth.inside(item / o.height.to % o.depth.to);
      const Taps lines = o.height.inside(item % o.height.to);
      if (slices.count() == 0 || lines.count() == 0) {
        std::fill_n(y, o.width.to, int64_t{-1});
        continue;
      }
      const int64_t line = o.width.from, slice = o.height.from * line;
      const int64_t first = (o.depth.start(item / o.height.to % o.depth.to) + slices.begin * o.depth.dilation) * slice +
                            (o.height.start(item % o.height.to) + lines.begin * o.height.dilation) * line;
      for (int64_t column = 0; column < o.width.to; ++column) {
        const Taps columns = o.width.inside(column);
        const int64_t corner = first + o.width.start(column) + columns.begin * o.width.dilation;
        y[column] = columns.count() == 0
                        ? -1
                        : o.numberOf(map, largest(x, corner, slices.count(), lines.count(), columns.count()));
      }
    }
  }

 private:
  /// Of the taps from the one at `corner` on, as many along each axis as there are.
  int64_t largest(const float* x, int64_t corner, int64_t slices, int64_t rows, int64_t columns) const {
    const MaxPoolIndicesOperation& o = operation_;
    const int64_t perRow = o.height.dilation * o.width.from;
    const int64_t perSlice = o.depth.dilation * o.height.from * o.width.from;
    int64_t place = corner;
    float best = x[corner];
    for (int64_t i = 0; i < slices; ++i) {
      for (int64_t j = 0; j < rows; ++j) {
        int64_t at = corner + i * perSlice + j * perRow;
        for (int64_t k = 0; k < columns; ++k, at += o.width.dilation) {
          const float value = x[at];
          const bool takes = (value > best) | (value != value);
          place = takes ? at : place;
          best = takes ? value : best;
        }
      }
    }
    return place;
  }

  MaxPoolIndicesOperation operation_;
};

}  // namespace

const KernelDefinition maxPoolIndicesRows = {"maxPoolIndices.rows", Opcode::maxPoolIndices, overwritesNothing,
                                             supportsAll, makeKernel<MaxPoolIndicesRows>};

}  // namespace gdws
