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

/// One input channel a group: each output plane is one depthwise kernel over its channel's lines.
class Depthwise final : public Kernel {
 public:
  Depthwise(const OperationView& operation, const KernelContext& context)
      : shape_(ConvolutionShape::of(operation)), vectors_(context.vectors) {
    // Lines and results of a tile stay in the first-level cache.
    constexpr int64_t tilePixels = 2048;
    tiling_ = chooseTiling({1, shape_.outputHeight, shape_.outputWidth}, tilePixels, vectors_.lanes, 1, true);
    lines_ =
        Lines(shape_.window, shape_.height, shape_.width, tiling_.rows.largest(), tiling_.largestColumns(), vectors_);
    linesFloats_ = wholeLines(lines_.floats());
    resultFloats_ = wholeLines(tiling_.largestPixels() + vectors_.lanes);
  }

  int64_t scratchBytes(int threads) const override { return scratchFor(threads, linesFloats_ + resultFloats_); }

  void run(const Buffers& buffers, const Team& team) const override {
    float* lines = scratchOf(buffers, team, linesFloats_ + resultFloats_);
    // Shares are whole channels if there are enough, else tiles.
    const Range items = team.share(shape_.batch * shape_.channels * tiling_.count());
    for (int64_t item = items.begin; item < items.end; ++item) {
      const int64_t plane = item / tiling_.count();
      const PixelTile tile = tiling_.tile(item % tiling_.count());
      lines_.fill(buffers.floats(0) + plane * shape_.height * shape_.width, tile.firstRow, tile.rows, tile.firstColumn,
                  tile.columns, lines);
      for (int64_t i = 0; i < shape_.outputsPerGroup(); ++i) {
        run(buffers, plane * shape_.outputsPerGroup() + i, tile, lines, lines + linesFloats_);
      }
    }
  }

 private:
  void run(const Buffers& buffers, int64_t outputPlane, const PixelTile& tile, const float* lines,
           float* result) const {
    const int64_t channel = outputPlane % shape_.outputs;
    const Window& window = shape_.window;
    vectors_.product.depthwise({lines, lines_.rowPitch(), lines_.taps().data(), window.kernelHeight, window.kernelWidth,
                                buffers.floats(1) + channel * window.taps(), tile.rows, tile.columns, result});
    const float* bias = shape_.addends.bias(buffers);
    const float* residual = shape_.addends.residual(buffers);
    const FusedActivation& activation = shape_.activation;
    // Tiles of whole rows are consecutive in y.
    const bool whole = tile.columns == shape_.outputWidth;
    const int64_t runs = whole ? 1 : tile.rows, length = whole ? tile.pixels() : tile.columns;
    for (int64_t run = 0; run < runs; ++run) {
      const int64_t at =
          outputPlane * shape_.outputPixels() + (tile.firstRow + run) * shape_.outputWidth + tile.firstColumn;
      vectors_.product.finish({result + run * length, bias == nullptr ? 0 : bias[channel],
                               residual == nullptr ? nullptr : residual + at, buffers.result() + at, length,
                               activation.kind, activation.a, activation.b});
    }
  }

  ConvolutionShape shape_;
  const VectorTable& vectors_;
  Tiling tiling_;
  Lines lines_;
  int64_t linesFloats_, resultFloats_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  const ConvolutionShape shape = ConvolutionShape::of(operation);
  return shape.channelsPerGroup() == 1 && operation.output().elements > 0 && Lines::reasonable(shape.window);
}

std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<Depthwise>(operation, context);
}

double estimate(const OperationView& operation, const KernelContext& context) {
  const ConvolutionShape shape = ConvolutionShape::of(operation);
  // What a plane takes however small it is, measured as that of a product's group.
  constexpr double perPlane = 150;
  const auto planes = static_cast<double>(shape.outputs * shape.batch);
  const Window& window = shape.window;
  const int lanes = context.vectors.lanes;
  const double row = 2 * vectorsOf(shape.outputWidth, lanes) * static_cast<double>(window.taps()) + 12;
  // Columns of a stride are sorted into their phases.
  const double sorted = window.strideWidth == 1 ? 0 : 14 * vectorsOf(shape.width, lanes) + 20;
  const auto rows = static_cast<double>(shape.outputHeight);
  const double inputRows = std::min(static_cast<double>(shape.height), rows * static_cast<double>(window.strideHeight));
  return planes * (rows * row + inputRows * sorted + perPlane);
}

}  // namespace

const KernelDefinition convolutionDepthwise = {
    "convolution.depthwise", Opcode::convolution, 3, supports, make, estimate};

}  // namespace gdws
