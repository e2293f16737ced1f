#include <algorithm>

#include "kernels/max_pool_gradient/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Threads divide the maps. The largest element is found without a branch on the data, which would be
/// mispredicted for half of the elements.
class MaxPoolGradientMaps final : public Kernel {
 public:
  explicit MaxPoolGradientMaps(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const auto& [unused, height, width] = operation_.pool;
    const Range maps = team.share(operation_.maps);
    const int64_t elements = height.from * width.from;
    std::fill_n(buffers.result() + maps.begin * elements, (maps.end - maps.begin) * elements, 0.0f);
    for (int64_t map = maps.begin; map < maps.end; ++map) {
      const float* x = buffers.floats(0) + map * elements;
      float* result = buffers.result() + map * elements;
      const float* gradient = buffers.floats(1) + map * height.to * width.to;
      for (int64_t row = 0; row < height.to; ++row, gradient += width.to) spread(x, gradient, result, row);
    }
  }

 private:
  void spread(const float* x, const float* gradient, float* result, int64_t row) const {
    const auto& [unused, height, width] = operation_.pool;
    const Taps rows = height.inside(row);
    if (rows.count() == 0) return;
    for (int64_t column = 0; column < width.to; ++column) {
      const Taps columns = width.inside(column);
      if (columns.count() == 0) continue;
      const int64_t corner = height.start(row) * width.from + width.start(column);
      int64_t place = corner + rows.begin * height.dilation * width.from + columns.begin * width.dilation;
      float largest = x[place];
      for (int64_t i = rows.begin; i < rows.end; ++i) {
        int64_t at = corner + i * height.dilation * width.from + columns.begin * width.dilation;
        for (int64_t j = columns.begin; j < columns.end; ++j, at += width.dilation) {
          const float value = x[at];
          const bool takes = (value > largest) | (value != value);
          place = takes ? at : place;
          largest = takes ? value : largest;
        }
      }
      result[place] += gradient[column];
    }
  }

  MaxPoolGradientOperation operation_;
};

}  // namespace

const KernelDefinition maxPoolGradientMaps = {"maxPoolGradient.maps", Opcode::maxPoolGradient, overwritesNothing,
                                              supportsAll, makeKernel<MaxPoolGradientMaps>};

}  // namespace gdws
