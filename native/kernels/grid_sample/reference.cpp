#include "kernels/grid_sample/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class GridSampleReference final : public Kernel {
 public:
  explicit GridSampleReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const GridSampleOperation& o = operation_;
    for (int64_t image = 0; image < o.images; ++image) {
      for (int64_t point = 0; point < o.points; ++point) {
        AxisTaps taps[maxGridAxes];
        o.locate(buffers.floats(1) + (image * o.points + point) * o.axes, taps);
        for (int64_t channel = 0; channel < o.channels; ++channel) {
          const int64_t map = image * o.channels + channel;
          const double sum = sample(buffers.floats(0) + map * o.elements, taps);
          buffers.result()[map * o.points + point] = static_cast<float>(sum);
        }
      }
    }
  }

 private:
  double sample(const float* x, const AxisTaps* taps) const {
    const GridSampleOperation& o = operation_;
    const int64_t each = o.tapsOfAxis(), slices = o.axes == 3 ? each : 1;
    double sum = 0;
    for (int64_t i = 0; i < slices; ++i) {
      for (int64_t j = 0; j < each; ++j) {
        for (int64_t k = 0; k < each; ++k) {
          const AxisTaps &rows = taps[o.axes - 2], &columns = taps[o.axes - 1];
          double weight = static_cast<double>(rows.weight[j]) * columns.weight[k];
          int64_t at = rows.index[j] * o.lengths[o.axes - 1] + columns.index[k];
          if (o.axes == 3) {
            weight *= taps[0].weight[i];
            at += taps[0].index[i] * o.lengths[1] * o.lengths[2];
          }
          if (weight != 0) sum += weight * x[at];
        }
      }
    }
    return sum;
  }

  GridSampleOperation operation_;
};

}  // namespace

const KernelDefinition gridSampleReference = {"gridSample.reference", Opcode::gridSample, overwritesNothing,
                                              supportsAll, makeKernel<GridSampleReference>};

}  // namespace gdws
