#include <algorithm>

#include "kernels/convolution/shape.h"
#include "kernels/product/estimate.h"
#include "kernels/product/lines.h"
#include "kernels/product/rounding.h"
#include "kernels/product/scratch.h"
#include "kernels/product/tiling.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// For so few outputs a matrix product would not fill its tiles, and its patches would be used too little.
constexpr int64_t maxOutputs = 4;

/// A few output channels a group: the lines of each input channel are added to their sums, one depthwise kernel each.
class Accumulate final : public Kernel {
 public:
  Accumulate(const OperationView& operation, const KernelContext& context)
      : shape_(ConvolutionShape::of(operation)), vectors_(context.vectors) {
    // Lines and sums of a tile stay in the first-level cache.
    constexpr int64_t tilePixels = 1024;
    tiling_ = chooseTiling({1, shape_.outputHeight, shape_.outputWidth}, tilePixels, vectors_.lanes, 1, true);
    lines_ =
        Lines(shape_.window, shape_.height, shape_.width, tiling_.rows.largest(), tiling_.largestColumns(), vectors_);
    linesFloats_ = wholeLines(static_cast<int64_t>(lines_.floats()));
    sumsPitch_ = roundUp(tiling_.largestColumns(), vectors_.lanes);
    sumsFloats_ = wholeLines(tiling_.rows.largest() * sumsPitch_);
  }

  int64_t scratchBytes(int threads) const override { return scratchFor(threads, scratchFloats()); }

  void run(const Buffers& buffers, const Team& team) const override {
    float* lines = scratchOf(buffers, team, scratchFloats());
    float* sums = lines + linesFloats_;
    const Range items = team.share(shape_.batch * shape_.groups * tiling_.count());
    for (int64_t item = items.begin; item < items.end; ++item) {
      const int64_t image = item / tiling_.count() / shape_.groups, group = item / tiling_.count() % shape_.groups;
      const PixelTile tile = tiling_.tile(item % tiling_.count());
      add(buffers, image, group, tile, lines, sums);
      write(buffers, image, group, tile, sums);
    }
  }

 private:
  int64_t scratchFloats() const { return linesFloats_ + sumsFloats_ * shape_.outputsPerGroup(); }

  void add(const Buffers& buffers, int64_t image, int64_t group, const PixelTile& tile, float* lines,
           float* sums) const {
    const Window& window = shape_.window;
    const int64_t channels = shape_.channelsPerGroup(), outputs = shape_.outputsPerGroup();
    std::fill_n(sums, sumsFloats_ * outputs, 0.0f);
    const float* planes =
        buffers.floats(0) + (image * shape_.channels + group * channels) * shape_.height * shape_.width;
    const float* kernels = buffers.floats(1) + group * outputs * channels * window.taps();
    for (int64_t c = 0; c < channels; ++c) {
      lines_.fill(planes + c * shape_.height * shape_.width, tile.firstRow, tile.rows, tile.firstColumn, tile.columns,
                  lines);
      for (int64_t m = 0; m < outputs; ++m) {
        vectors_.product.addDepthwise(
            {{lines, lines_.rowPitch(), lines_.taps().data(), window.kernelHeight, window.kernelWidth,
              kernels + (m * channels + c) * window.taps(), tile.rows, tile.columns, sums + m * sumsFloats_},
             sumsPitch_});
      }
    }
  }

  void write(const Buffers& buffers, int64_t image, int64_t group, const PixelTile& tile, const float* sums) const {
    const float* bias = shape_.addends.bias(buffers);
    const float* residual = shape_.addends.residual(buffers);
    const FusedActivation& activation = shape_.activation;
    for (int64_t m = 0; m < shape_.outputsPerGroup(); ++m) {
      const int64_t output = group * shape_.outputsPerGroup() + m;
      const int64_t plane = (image * shape_.outputs + output) * shape_.outputPixels();
      for (int64_t row = 0; row < tile.rows; ++row) {
        const int64_t at = plane + (tile.firstRow + row) * shape_.outputWidth + tile.firstColumn;
        vectors_.product.finish({sums + m * sumsFloats_ + row * sumsPitch_, bias == nullptr ? 0 : bias[output],
                                 residual == nullptr ? nullptr : residual + at, buffers.result() + at, tile.columns,
                                 activation.kind, activation.a, activation.b});
      }
    }
  }

  ConvolutionShape shape_;
  const VectorTable& vectors_;
  Tiling tiling_;
  Lines lines_;
  int64_t linesFloats_, sumsPitch_, sumsFloats_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  const ConvolutionShape shape = ConvolutionShape::of(operation);
  // For one channel there is nothing to add up.
  return shape.channelsPerGroup() > 1 && shape.outputsPerGroup() <= maxOutputs && operation.output().elements > 0 &&
         Lines::reasonable(shape.window);
}

std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<Accumulate>(operation, context);
}

double estimate(const OperationView& operation, const KernelContext& context) {
  const ConvolutionShape shape = ConvolutionShape::of(operation);
  const auto rows = static_cast<double>(shape.batch * shape.channels * shape.outputHeight);
  const auto outputs = static_cast<double>(shape.outputsPerGroup());
  // Cycles of a row's vector: two multiply-adds a cycle, a load and a store of its sum, and its line.
  const double vector = outputs * (static_cast<double>(shape.window.taps()) / 2 + 1) + 2;
  return rows * (vectorsOf(shape.outputWidth, context.vectors.lanes) * vector + 6);
}

}  // namespace

const KernelDefinition convolutionAccumulate = {
    "convolution.accumulate", Opcode::convolution, 3, supports, make, estimate};

}  // namespace gdws
