#pragma once

#include <algorithm>

#include "kernels/operands.h"

namespace gdws {

/// A checked `localResponse`: x (batch, channels, …), y like x. The window of channel c is
/// c - floor((size - 1) / 2) … c + ceil((size - 1) / 2), as https://onnx.ai/onnx/operators/onnx__LRN.html has it.
struct LocalResponseOperation {
  explicit LocalResponseOperation(const OperationView& operation);

  /// The first and the last channel, inclusive, of the window of channel `channel`.
  int64_t firstOf(int64_t channel) const { return std::max<int64_t>(0, channel - (size - 1) / 2); }
  int64_t lastOf(int64_t channel) const { return std::min(channels - 1, channel + size / 2); }

  int64_t batch;
  int64_t channels;
  int64_t pixels;
  int64_t size;
  float alpha;
  float beta;
  float bias;
};

}  // namespace gdws
