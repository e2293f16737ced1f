#include <algorithm>
#include <array>

#include "kernels/registry.h"
#include "kernels/roi_align/operation.h"

namespace gdws {

namespace {

class RoiAlignReference final : public Kernel {
 public:
  explicit RoiAlignReference(const OperationView& operation) : operation_(operation) {}

  int64_t scratchBytes(int) const override {
    if (operation_.regions == 0) return 0;
    return (operation_.maxSamples(operation_.height) + operation_.maxSamples(operation_.width)) *
           int64_t{sizeof(RoiSample)};
  }

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const RoiAlignOperation& o = operation_;
    auto* rows = reinterpret_cast<RoiSample*>(buffers.scratch);
    RoiSample* columns = rows + o.maxSamples(o.height);
    float* y = buffers.result();
    for (int64_t region = 0; region < o.regions; ++region) {
      const float* corners = buffers.floats(1) + region * 4;
      const int64_t image = o.images.at(buffers.inputs[2], region);
      const RoiAxis down = o.rowsOf(corners), along = o.columnsOf(corners);
      for (int64_t channel = 0; channel < o.channels; ++channel) {
        const float* x = buffers.floats(0) + (image * o.channels + channel) * o.height * o.width;
        for (int64_t i = 0; i < o.binRows; ++i) {
          for (int64_t j = 0; j < o.binColumns; ++j) {
            const int64_t height = o.locate(down, i, o.height, rows), width = o.locate(along, j, o.width, columns);
            const double samples = static_cast<double>(down.samples) * static_cast<double>(along.samples);
            *y++ = o.takesLargest ? largest(x, rows, height, columns, width, samples)
                                  : mean(x, rows, height, columns, width, samples);
          }
        }
      }
    }
  }

 private:
  float mean(const float* x, const RoiSample* rows, int64_t height, const RoiSample* columns, int64_t width,
             double samples) const {
    double sum = 0;
    for (int64_t i = 0; i < height; ++i) {
      for (int64_t j = 0; j < width; ++j) {
        for (const double term : terms(x, rows[i], columns[j])) sum += term;
      }
    }
    return static_cast<float>(sum / std::max(samples, 1.0));
  }

  float largest(const float* x, const RoiSample* rows, int64_t height, const RoiSample* columns, int64_t width,
                double samples) const {
    // Samples beyond the map are zeros.
    bool any = static_cast<double>(height) * static_cast<double>(width) < samples;
    double result = 0;
    for (int64_t i = 0; i < height; ++i) {
      for (int64_t j = 0; j < width; ++j) {
        for (const double term : terms(x, rows[i], columns[j])) {
          result = any ? std::max(result, term) : term;
          any = true;
        }
      }
    }
    return static_cast<float>(result);
  }

  /// The four weighted elements of a sample.
  std::array<double, 4> terms(const float* x, const RoiSample& row, const RoiSample& column) const {
    const auto term = [&](int64_t i, int64_t j, float down, float along) {
      return static_cast<double>(down) * along * x[i * operation_.width + j];
    };
    return {term(row.low, column.low, row.lowWeight, column.lowWeight),
            term(row.low, column.high, row.lowWeight, column.highWeight),
            term(row.high, column.low, row.highWeight, column.lowWeight),
            term(row.high, column.high, row.highWeight, column.highWeight)};
  }

  RoiAlignOperation operation_;
};

}  // namespace

const KernelDefinition roiAlignReference = {"roiAlign.reference", Opcode::roiAlign, overwritesNothing, supportsAll,
                                            makeKernel<RoiAlignReference>};

}  // namespace gdws
