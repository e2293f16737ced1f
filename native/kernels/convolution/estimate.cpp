#include "kernels/convolution/estimate.h"

#include <algorithm>
#include <cmath>

#include "kernels/convolution/shape.h"

namespace gdws {

namespace {

double vectorsOf(int64_t count, int lanes) { return std::ceil(static_cast<double>(count) / lanes); }

}  // namespace

double estimateProduct(double depth, double channels, double vectorsOfColumns) {
  constexpr double multiplyAddsPerCycle = 2 * 0.9;
  // Four bytes a weight, some nine bytes a cycle from the third-level cache, six tenths of it behind the arithmetic.
  constexpr double cyclesPerWeight = 4.0 / 9 * 0.4;
  return depth * channels * (vectorsOfColumns / multiplyAddsPerCycle + cyclesPerWeight);
}

double estimateConvolutionProduct(const OperationView& operation, const KernelContext& context) {
  const ConvolutionShape shape = ConvolutionShape::of(operation);
  const int lanes = context.vectors.lanes;
  const auto groups = static_cast<double>(shape.groups), channels = static_cast<double>(shape.outputsPerGroup());
  const auto depth = static_cast<double>(shape.channelsPerGroup() * shape.window.taps());
  const int64_t pixels = shape.batch * shape.outputPixels();
  // Vectors run along pixels or along channels, whichever they fill better.
  const double along = std::min(channels * vectorsOf(pixels, lanes),
                                static_cast<double>(pixels) * vectorsOf(shape.outputsPerGroup(), lanes));
  const double patches = 2 * depth * vectorsOf(pixels, lanes);
  return groups * (estimateProduct(depth, channels, along / channels) + patches);
}

double estimateDepthwise(const OperationView& operation, const KernelContext& context) {
  const ConvolutionShape shape = ConvolutionShape::of(operation);
  const double rows = static_cast<double>(shape.batch * shape.outputHeight);
  const double perRow = vectorsOf(shape.outputWidth, context.vectors.lanes) * static_cast<double>(shape.window.taps());
  return static_cast<double>(shape.outputs) * rows * (perRow + 6);
}

}  // namespace gdws
