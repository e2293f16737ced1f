#include "kernels/gdws/depthwise_columns.h"
#include "kernels/gdws/shape.h"
#include "kernels/product/estimate.h"
#include "kernels/product/packed_product.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Both stages at once: the depthwise results of a tile of pixels go straight into the panel that the pointwise product
/// reads, and are never written to memory as a map.
class FusedGdws final : public Kernel {
 public:
  FusedGdws(const OperationView& operation, KernelContext& context)
      : shape_(GdwsShape::of(operation)), product_(makeProduct(operation, shape_, context)) {}

  int64_t scratchBytes(int threads) const override { return scratchFor(threads, product_.scratchFloats()); }
  bool readsInput(size_t i) const override { return i != 2; }
  void run(const Buffers& buffers, const Team& team) const override {
    const Addends& addends = shape_.map.addends;
    product_.run(buffers, {addends.bias(buffers), 1, addends.residual(buffers), buffers.result()}, team,
                 scratchOf(buffers, team, product_.scratchFloats()));
  }

 private:
  static PackedProduct makeProduct(const OperationView& operation, const GdwsShape& shape, KernelContext& context) {
    ProductGeometry geometry;
    geometry.map = {shape.map.batch, shape.map.outputHeight, shape.map.outputWidth};
    geometry.groups = shape.map.groups;
    geometry.channels = shape.map.outputsPerGroup();
    geometry.depth = shape.depth();
    geometry.result = ResultMap::planes(geometry.map, shape.map.outputs);
    geometry.activation = shape.map.activation;
    const Value& p = operation.input(2);
    return PackedProduct(geometry, makeDepthwiseColumns(geometry.map, shape, context.vectors),
                         {static_cast<const float*>(p.data), geometry.depth, 1}, "gdws " + std::to_string(p.index),
                         context);
  }

  GdwsShape shape_;
  PackedProduct product_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  GdwsShape::of(operation);
  return operation.input(2).storage == Storage::constant && operation.output().elements > 0;
}

std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<FusedGdws>(operation, context);
}

double estimate(const OperationView& operation, const KernelContext& context) {
  const GdwsShape shape = GdwsShape::of(operation);
  const int lanes = context.vectors.lanes;
  const int64_t pixels = shape.map.batch * shape.map.outputPixels(), channels = shape.map.outputsPerGroup();
  const auto intermediate = static_cast<double>(shape.intermediate);
  const double depthwise =
      vectorsOf(pixels, lanes) *
      (0.8 * intermediate * static_cast<double>(shape.map.window.taps()) + 2 * static_cast<double>(shape.map.channels));
  return estimateProduct(intermediate, static_cast<double>(channels), columnVectors(pixels, channels, lanes)) +
         depthwise;
}

}  // namespace

const KernelDefinition gdwsFused = {"gdws.fused", Opcode::gdws, 4, supports, make, estimate};

}  // namespace gdws
