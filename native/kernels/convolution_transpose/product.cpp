#include <memory>
#include <vector>

#include "kernels/convolution/shape.h"
#include "kernels/convolution_transpose/phase.h"
#include "kernels/product/lines.h"
#include "kernels/product/packed_product.h"
#include "kernels/product/patches.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

constexpr int64_t maxStride = 8;

/// A packed product for each remainder of the output position by the strides; no zeros are multiplied.
class ProductTranspose final : public Kernel {
 public:
  ProductTranspose(const OperationView& operation, KernelContext& context)
      : shape_(ConvolutionShape::ofTransposed(operation)) {
    const Window& window = shape_.window;
    for (int64_t row = 0; row < window.strideHeight; ++row) {
      const Phase vertical = Phase::of(row, window.strideHeight, window.kernelHeight, window.dilationHeight,
                                       window.padTop, shape_.outputHeight);
      for (int64_t column = 0; column < window.strideWidth; ++column) {
        const Phase horizontal = Phase::of(column, window.strideWidth, window.kernelWidth, window.dilationWidth,
                                           window.padLeft, shape_.outputWidth);
        if (vertical.outputs > 0 && horizontal.outputs > 0)
          addProduct(operation, vertical, row, horizontal, column, context);
      }
    }
  }

  size_t scratchBytes(int threads) const override { return scratchFor(threads, scratchFloats_); }
  bool readsInput(size_t i) const override { return i != 1; }
  void run(const Buffers& buffers, const Team& team) const override {
    // There is no barrier between the products, so that each thread has a part of the scratch memory of its own.
    float* scratch = scratchOf(buffers, team, scratchFloats_);
    for (const auto& product : products_) {
      product->run(buffers, {shape_.addends.bias(buffers), 1, nullptr, buffers.result()}, team, scratch);
    }
  }

 private:
  void addProduct(const OperationView& operation, const Phase& vertical, int64_t row, const Phase& horizontal,
                  int64_t column, KernelContext& context) {
    ProductGeometry geometry;
    geometry.map = {shape_.batch, vertical.outputs, horizontal.outputs};
    geometry.groups = shape_.groups;
    geometry.channels = shape_.outputsPerGroup();
    geometry.depth = shape_.channelsPerGroup() * vertical.taps * horizontal.taps;
    geometry.result = {shape_.outputs * shape_.outputPixels(), shape_.outputPixels(),
                       shape_.window.strideHeight * shape_.outputWidth, shape_.window.strideWidth,
                       row * shape_.outputWidth + column};
    geometry.activation = shape_.activation;
    Window window;
    if (geometry.depth > 0) {
      window = {vertical.taps, horizontal.taps, 1, 1, vertical.dilation, horizontal.dilation,
                vertical.pad,  horizontal.pad};
    }
    const InputMaps input{shape_.channels, shape_.channelsPerGroup(), shape_.height, shape_.width};
    const Value& w = operation.input(1);
    const std::vector<float> weights = weightsOf(static_cast<const float*>(w.data), vertical, horizontal);
    std::string key = "convolutionTranspose " + std::to_string(w.index) + ' ' + describe(w.dims);
    for (const int64_t number : {vertical.firstTap, vertical.tapStep, horizontal.firstTap, horizontal.tapStep}) {
      key += ' ';
      key += std::to_string(number);
    }
    products_.push_back(std::make_unique<PackedProduct>(geometry,
                                                        makePatches(geometry.map, input, window, context.vectors),
                                                        WeightMatrix{weights.data(), geometry.depth, 1}, key, context));
    scratchFloats_ = std::max(scratchFloats_, products_.back()->scratchFloats());
  }

  /// The taps of two phases as the weights (M, C/groups, KH, KW) of an ordinary convolution.
  std::vector<float> weightsOf(const float* w, const Phase& vertical, const Phase& horizontal) const {
    const Window& window = shape_.window;
    const int64_t perGroup = shape_.outputsPerGroup(), channels = shape_.channelsPerGroup();
    std::vector<float> weights;
    weights.reserve(static_cast<size_t>(shape_.outputs * channels * vertical.taps * horizontal.taps));
    for (int64_t m = 0; m < shape_.outputs; ++m) {
      for (int64_t c = 0; c < channels; ++c) {
        const float* kernel = w + ((m / perGroup * channels + c) * perGroup + m % perGroup) * window.taps();
        for (int64_t i = 0; i < vertical.taps; ++i) {
          for (int64_t j = 0; j < horizontal.taps; ++j) {
            weights.push_back(kernel[vertical.tap(i) * window.kernelWidth + horizontal.tap(j)]);
          }
        }
      }
    }
    return weights;
  }

  ConvolutionShape shape_;
  std::vector<std::unique_ptr<PackedProduct>> products_;
  size_t scratchFloats_ = 0;
};

bool supports(const OperationView& operation, const KernelContext&) {
  const ConvolutionShape shape = ConvolutionShape::ofTransposed(operation);
  return operation.input(1).storage == Storage::constant && operation.output().elements > 0 &&
         shape.window.strideHeight <= maxStride && shape.window.strideWidth <= maxStride &&
         Lines::reasonable(shape.window);
}

std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<ProductTranspose>(operation, context);
}

}  // namespace

const KernelDefinition convolutionTransposeProduct = {"convolutionTranspose.product", Opcode::convolutionTranspose,
                                                      overwritesNothing, supports, make};

}  // namespace gdws
