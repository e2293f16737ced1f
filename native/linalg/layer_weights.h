#pragma once

#include <algorithm>
#include <cstdint>

namespace gdws {

/// The weights of a grouped 2-D convolution, (M, C / groups, taps) row-major, seen as one block W_c for each of the C
/// input channels: the M / groups output channels that read it, times the taps K_h·K_w.
struct LayerWeights {
  const float* data;
  int64_t outputChannels;
  int64_t inputChannels;
  int64_t taps;
  int64_t groups;

  int64_t rows() const { return outputChannels / groups; }
  int64_t channelsPerGroup() const { return inputChannels / groups; }
  /// The largest number of kernels that a channel can use: the largest possible rank of a block.
  int64_t rank() const { return std::min(rows(), taps); }
  int64_t size() const { return outputChannels * channelsPerGroup() * taps; }

  /// Row `row` of block `channel`: `taps` weights.
  const float* row(int64_t channel, int64_t row) const {
    const int64_t output = channel / channelsPerGroup() * rows() + row;
    return data + (output * channelsPerGroup() + channel % channelsPerGroup()) * taps;
  }
};

}  // namespace gdws
