#include "kernels/convolution/shape.h"
#include "kernels/product/estimate.h"
#include "kernels/product/lines.h"
#include "kernels/product/packed_product.h"
#include "kernels/product/patches.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Whether the columns of the product are the input's planes as they are.
bool isPointwise(const ConvolutionShape& shape) {
  const Window& window = shape.window;
  return window.taps() == 1 && window.strideHeight == 1 && window.strideWidth == 1 &&
         shape.outputHeight == shape.height && shape.outputWidth == shape.width && window.padTop == 0 &&
         window.padLeft == 0;
}

/// Dense and grouped convolution as a packed matrix product with the input's patches.
class ProductConvolution final : public Kernel {
 public:
  ProductConvolution(const OperationView& operation, KernelContext& context)
      : shape_(ConvolutionShape::of(operation)), product_(makeProduct(operation, shape_, context)) {}

  size_t scratchBytes(int threads) const override { return scratchFor(threads, product_.scratchFloats()); }
  bool readsInput(size_t i) const override { return i != 1; }
  void run(const Buffers& buffers, const Team& team) const override {
    product_.run(buffers, {shape_.addends.bias(buffers), 1, shape_.addends.residual(buffers), buffers.result()}, team,
                 scratchOf(buffers, team, product_.scratchFloats()));
  }

 private:
  static PackedProduct makeProduct(const OperationView& operation, const ConvolutionShape& shape,
                                   KernelContext& context) {
    const bool pointwise = isPointwise(shape);
    ProductGeometry geometry;
    geometry.map = pointwise ? PixelMap{shape.batch, 1, shape.outputPixels()}
                             : PixelMap{shape.batch, shape.outputHeight, shape.outputWidth};
    geometry.groups = shape.groups;
    geometry.channels = shape.outputsPerGroup();
    geometry.depth = shape.channelsPerGroup() * shape.window.taps();
    geometry.result = ResultMap::planes(geometry.map, shape.outputs);
    geometry.activation = shape.activation;
    const InputMaps input{shape.channels, shape.channelsPerGroup(), shape.height, shape.width};
    const Value& w = operation.input(1);
    return PackedProduct(geometry,
                         pointwise ? makePlanes(geometry.map, input, context.vectors)
                                   : makePatches(geometry.map, input, shape.window, context.vectors),
                         {static_cast<const float*>(w.data), geometry.depth, 1},
                         "convolution " + std::to_string(w.index), context);
  }

  ConvolutionShape shape_;
  PackedProduct product_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  const ConvolutionShape shape = ConvolutionShape::of(operation);
  return operation.input(1).storage == Storage::constant && operation.output().elements > 0 &&
         Lines::reasonable(shape.window);
}

std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<ProductConvolution>(operation, context);
}

double estimate(const OperationView& operation, const KernelContext& context) {
  const ConvolutionShape shape = ConvolutionShape::of(operation);
  const int lanes = context.vectors.lanes;
  const auto depth = static_cast<double>(shape.channelsPerGroup() * shape.window.taps());
  const int64_t pixels = shape.batch * shape.outputPixels(), channels = shape.outputsPerGroup();
  const double patches = 2 * depth * vectorsOf(pixels, lanes);
  return static_cast<double>(shape.groups) *
         (estimateProduct(depth, static_cast<double>(channels), columnVectors(pixels, channels, lanes)) + patches);
}

}  // namespace

const KernelDefinition convolutionProduct = {"convolution.product", Opcode::convolution, 3, supports, make, estimate};

}  // namespace gdws
