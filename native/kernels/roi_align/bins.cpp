#include <algorithm>

#include "kernels/registry.h"
#include "kernels/roi_align/operation.h"

namespace gdws {

namespace {

/// Threads divide the rows of bins. The samples of a bin are the same for all channels.
class RoiAlignBins final : public Kernel {
 public:
  explicit RoiAlignBins(const OperationView& operation) : operation_(operation) {}

  int64_t scratchBytes(int threads) const override { return threads * samplesOfThread() * int64_t{sizeof(RoiSample)}; }

  void run(const Buffers& buffers, const Team& team) const override {
    const RoiAlignOperation& o = operation_;
    auto* rows = reinterpret_cast<RoiSample*>(buffers.scratch) + team.index * samplesOfThread();
    RoiSample* columns = rows + o.maxSamples(o.height);
    const int64_t bins = o.binRows * o.binColumns;
    const Range share = team.share(o.regions * o.binRows);
    for (int64_t item = share.begin; item < share.end; ++item) {
      const int64_t region = item / o.binRows, i = item % o.binRows;
      const float* corners = buffers.floats(1) + region * 4;
      const float* maps = buffers.floats(0) + o.images.at(buffers.inputs[2], region) * o.channels * o.height * o.width;
      const RoiAxis down = o.rowsOf(corners), along = o.columnsOf(corners);
      const Samples below{rows, o.locate(down, i, o.height, rows)};
      const double samples = static_cast<double>(down.samples) * static_cast<double>(along.samples);
      for (int64_t j = 0; j < o.binColumns; ++j) {
        const Samples beside{columns, o.locate(along, j, o.width, columns)};
        float* y = buffers.result() + region * o.channels * bins + i * o.binColumns + j;
        for (int64_t channel = 0; channel < o.channels; ++channel) {
          const float* x = maps + channel * o.height * o.width;
          y[channel * bins] = o.takesLargest ? largest(x, below, beside, samples) : mean(x, below, beside, samples);
        }
      }
    }
  }

 private:
  /// Those of one axis of a bin.
  struct Samples {
    const RoiSample* first;
    int64_t count;

    const RoiSample* begin() const { return first; }
    const RoiSample* end() const { return first + count; }
  };

  int64_t samplesOfThread() const {
    const RoiAlignOperation& o = operation_;
    return o.regions == 0 ? 0 : o.maxSamples(o.height) + o.maxSamples(o.width);
  }

  float mean(const float* x, const Samples& rows, const Samples& columns, double samples) const {
    float sum = 0;
    for (const RoiSample& row : rows) {
      const float* low = x + row.low * operation_.width;
      const float* high = x + row.high * operation_.width;
      for (const RoiSample& column : columns) {
        sum += row.lowWeight * (column.lowWeight * low[column.low] + column.highWeight * low[column.high]) +
               row.highWeight * (column.lowWeight * high[column.low] + column.highWeight * high[column.high]);
      }
    }
    return static_cast<float>(sum / std::max(samples, 1.0));
  }

  float largest(const float* x, const Samples& rows, const Samples& columns, double samples) const {
    // Samples beyond the map are zeros.
    bool any = static_cast<double>(rows.count) * static_cast<double>(columns.count) < samples;
    float result = 0;
    for (const RoiSample& row : rows) {
      const float* low = x + row.low * operation_.width;
      const float* high = x + row.high * operation_.width;
      for (const RoiSample& column : columns) {
        const float best = std::max({row.lowWeight * column.lowWeight * low[column.low],
                                     row.lowWeight * column.highWeight * low[column.high],
                                     row.highWeight * column.lowWeight * high[column.low],
                                     row.highWeight * column.highWeight * high[column.high]});
        result = any ? std::max(result, best) : best;
        any = true;
      }
    }
    return result;
  }

  RoiAlignOperation operation_;
};

}  // namespace

const KernelDefinition roiAlignBins = {"roiAlign.bins", Opcode::roiAlign, overwritesNothing, supportsAll,
                                       makeKernel<RoiAlignBins>};

}  // namespace gdws
