#include "kernels/max_pool_indices/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class MaxPoolIndicesReference final : public Kernel {
 public:
  explicit MaxPoolIndicesReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const MaxPoolIndicesOperation& o = operation_;
    auto* y = static_cast<int64_t*>(buffers.outputs[0]);
    for (int64_t map = 0; map < o.maps; ++map) {
      const float* x = buffers.floats(0) + map * o.elementsOfMap();
      for (int64_t slice = 0; slice < o.depth.to; ++slice) {
        for (int64_t row = 0; row < o.height.to; ++row) {
          for (int64_t column = 0; column < o.width.to; ++column) {
            const int64_t place = largest(x, slice, row, column);
            *y++ = place < 0 ? -1 : o.numberOf(map, place);
          }
        }
      }
    }
  }

 private:
  int64_t largest(const float* x, int64_t slice, int64_t row, int64_t column) const {
    const auto& [maps, depth, height, width, columnMajor] = operation_;
    const Taps slices = depth.inside(slice), rows = height.inside(row), columns = width.inside(column);
    int64_t best = -1;
    for (int64_t i = slices.begin; i < slices.end; ++i) {
      for (int64_t j = rows.begin; j < rows.end; ++j) {
        for (int64_t k = columns.begin; k < columns.end; ++k) {
          const int64_t d = depth.start(slice) + i * depth.dilation;
          const int64_t h = height.start(row) + j * height.dilation;
          const int64_t w = width.start(column) + k * width.dilation;
          const int64_t place = (d * height.from + h) * width.from + w;
          if (best < 0 || x[place] > x[best] || x[place] != x[place]) best = place;
        }
      }
    }
    return best;
  }

  MaxPoolIndicesOperation operation_;
};

}  // namespace

const KernelDefinition maxPoolIndicesReference = {"maxPoolIndices.reference", Opcode::maxPoolIndices, overwritesNothing,
                                                  supportsAll, makeKernel<MaxPoolIndicesReference>};

}  // namespace gdws
