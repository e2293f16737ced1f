#include "kernels/convolution/shape.h"
#include "kernels/product/estimate.h"
#include "kernels/product/packed_product.h"
#include "kernels/product/patches.h"
#include "kernels/product/rounding.h"
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

/// Dense and grouped convolution as a packed matrix product with the input's patches. Weights that are no constant are
/// packed in each run.
class ProductConvolution final : public Kernel {
 public:
  ProductConvolution(const OperationView& operation, KernelContext& context)
      : shape_(ConvolutionShape::of(operation)),
        isPacked_(operation.input(1).storage == Storage::constant),
        product_(makeProduct(operation, shape_, context)) {}

  int64_t scratchBytes(int threads) const override {
    return scratchFor(threads, product_.scratchFloats()) + packedFloats() * sizeof(float);
  }
  bool readsInput(size_t i) const override { return i != 1 || !isPacked_; }
  void run(const Buffers& buffers, const Team& team) const override {
    ProductOperands operands{shape_.addends.bias(buffers), 1, shape_.addends.residual(buffers), buffers.result()};
    if (isPacked_) return runPacked(buffers, operands, team);
    // Threads that cannot meet leave the work to the first.
    const Team packers = team.size > 1 && team.meeting == nullptr ? Team{0, 1} : team;
    if (team.index >= packers.size) return;
    float* packed = reinterpret_cast<float*>(buffers.scratch);
    product_.packInRun({buffers.floats(1), depthOf(shape_), 1}, packers, packed);
    if (packers.meeting != nullptr) packers.meeting->wait();
    operands.packed = packed;
    runPacked(buffers, operands, packers);
  }

 private:
  static int64_t depthOf(const ConvolutionShape& shape) { return shape.channelsPerGroup() * shape.window.taps(); }

  /// Floats of the weights that each run packs, before the threads' scratch memory.
  int64_t packedFloats() const { return isPacked_ ? 0 : wholeLines(product_.packedFloats()); }

  void runPacked(const Buffers& buffers, const ProductOperands& operands, const Team& team) const {
    product_.run(buffers, operands, team, scratchOf(buffers, team, product_.scratchFloats()) + packedFloats());
  }

  static PackedProduct makeProduct(const OperationView& operation, const ConvolutionShape& shape,
                                   KernelContext& context) {
    const bool pointwise = isPointwise(shape);
    ProductGeometry geometry;
    geometry.map = pointwise ? PixelMap{shape.batch, 1, shape.outputPixels()}
                             : PixelMap{shape.batch, shape.outputHeight, shape.outputWidth};
    geometry.groups = shape.groups;
    geometry.channels = shape.outputsPerGroup();
    geometry.depth = depthOf(shape);
    geometry.result = ResultMap::planes(geometry.map, shape.outputs);
    geometry.activation = shape.activation;
    const InputMaps input{shape.channels, shape.channelsPerGroup(), shape.height, shape.width};
    const Value& w = operation.input(1);
    return PackedProduct(
        geometry,
        pointwise ? makePlanes(geometry.map, input, context.vectors)
                  : makePatches(geometry.map, input, shape.window, context.vectors),
        {w.storage == Storage::constant ? static_cast<const float*>(w.data) : nullptr, geometry.depth, 1},
        "convolution " + std::to_string(w.index), context);
  }

  ConvolutionShape shape_;
  bool isPacked_;  ///< the weights are constant
  PackedProduct product_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  ConvolutionShape::of(operation);
  return operation.output().elements > 0;
}

std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<ProductConvolution>(operation, context);
}

double estimate(const OperationView& operation, const KernelContext& context) {
  const ConvolutionShape shape = ConvolutionShape::of(operation);
  const int lanes = context.vectors.lanes;
  const auto depth = static_cast<double>(shape.channelsPerGroup() * shape.window.taps());
  const int64_t pixels = shape.batch * shape.outputPixels(), channels = shape.outputsPerGroup();
  // Patches of a stride are collected element by element.
  const double patches = (shape.window.strideWidth > 1 ? 12 : 2) * depth * vectorsOf(pixels, lanes);
  // What a group takes however small it is, measured on depthwise layers of 8×8 and 4×4.
  const double perGroup = shape.groups > 1 ? 400 : 0;
  return static_cast<double>(shape.groups) *
         (estimateProduct(depth, static_cast<double>(channels), columnVectors(pixels, channels, lanes)) + patches +
          perGroup);
}

}  // namespace

const KernelDefinition convolutionProduct = {"convolution.product", Opcode::convolution, 3, supports, make, estimate};

}  // namespace gdws
