#include <algorithm>

#include "kernels/grid_sample/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// The number of points of the grid whose taps are computed before the channels are sampled.
constexpr int64_t block = 64;
constexpr int64_t maxTaps = 16;

/// Threads divide the blocks of points. The taps of a point, offsets into a map and weights, are the same for all
/// channels.
class GridSamplePoints final : public Kernel {
 public:
  explicit GridSamplePoints(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const GridSampleOperation& o = operation_;
    const int64_t blocks = (o.points + block - 1) / block;
    const Range share = team.share(o.images * blocks);
    Taps taps;
    for (int64_t item = share.begin; item < share.end; ++item) {
      const int64_t image = item / blocks, first = item % blocks * block;
      const int64_t count = std::min(block, o.points - first);
      const float* grid = buffers.floats(1) + (image * o.points + first) * o.axes;
      for (int64_t point = 0; point < count; ++point) locate(grid + point * o.axes, point, taps);
      for (int64_t channel = 0; channel < o.channels; ++channel) {
        const int64_t map = image * o.channels + channel;
        sample(buffers.floats(0) + map * o.elements, buffers.result() + map * o.points + first, count, taps);
      }
    }
  }

 private:
  /// Tap by tap, those of a block of points.
  struct Taps {
    int32_t offset[maxTaps][block];
    float weight[maxTaps][block];
  };

  int64_t count() const {
    int64_t taps = 1;
    for (int64_t axis = 0; axis < operation_.axes; ++axis) taps *= operation_.tapsOfAxis();
    return taps;
  }

  void locate(const float* place, int64_t point, Taps& taps) const {
    AxisTaps along[maxGridAxes];
    operation_.locate(place, along);
    const int64_t each = operation_.tapsOfAxis(), all = count();
    for (int64_t tap = 0; tap < all; ++tap) {
      int64_t offset = 0, step = 1;
      float weight = 1;
      for (int64_t axis = operation_.axes - 1, rest = tap; axis >= 0; --axis, rest /= each) {
        offset += along[axis].index[rest % each] * step;
        weight *= along[axis].weight[rest % each];
        step *= operation_.lengths[axis];
      }
      taps.offset[tap][point] = static_cast<int32_t>(offset);
      taps.weight[tap][point] = weight;
    }
  }

  void sample(const float* x, float* y, int64_t points, const Taps& taps) const {
    const int64_t all = count();
    float sums[block] = {};
    for (int64_t tap = 0; tap < all; ++tap) {
      const int32_t* offset = taps.offset[tap];
      const float* weight = taps.weight[tap];
      for (int64_t i = 0; i < points; ++i) {
        const float term = weight[i] * x[offset[i]];
        sums[i] += weight[i] == 0 ? 0 : term;
      }
    }
    std::copy_n(sums, points, y);
  }

  GridSampleOperation operation_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  return GridSampleOperation(operation).elements <= int64_t{1} << 31;
}

}  // namespace

const KernelDefinition gridSamplePoints = {"gridSample.points", Opcode::gridSample, overwritesNothing, supports,
                                           makeKernel<GridSamplePoints>};

}  // namespace gdws
