#include <algorithm>

#include "kernels/convolution/plane_slots.h"
#include "kernels/product/estimate.h"
#include "kernels/product/rounding.h"
#include "kernels/product/scratch.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// One input channel a group, on small planes: each is copied as a whole and filtered as one sequence of pixels.
class DepthwisePlanes final : public Kernel {
 public:
  DepthwisePlanes(const OperationView& operation, const KernelContext& context)
      : shape_(ConvolutionShape::of(operation)), vectors_(context.vectors), slots_(shape_, vectors_) {}

  int64_t scratchBytes(int threads) const override { return scratchFor(threads, floatsEach()); }

  void run(const Buffers& buffers, const Team& team) const override {
    float* maps = scratchOf(buffers, team, floatsEach());
    const Range planes = team.share(shape_.batch * shape_.channels);
    if (planes.begin == planes.end) return;
    std::fill_n(maps, slots_.mapsFloats(), 0.0f);
    vectors_.product.depthwisePlanes({slots_.layout(), buffers.floats(0), planes.begin, planes.end,
                                      shape_.batch * shape_.channels, shape_.outputsPerGroup(), shape_.outputs,
                                      buffers.floats(1), shape_.addends.bias(buffers), shape_.addends.residual(buffers),
                                      buffers.result(), maps, maps + slots_.mapsFloats(), shape_.activation.kind,
                                      shape_.activation.a, shape_.activation.b});
  }

 private:
  int64_t floatsEach() const { return slots_.mapsFloats() + slots_.sumsFloats(); }

  ConvolutionShape shape_;
  const VectorTable& vectors_;
  PlaneSlots slots_;
};

bool supports(const OperationView& operation, const KernelContext& context) {
  const ConvolutionShape shape = ConvolutionShape::of(operation);
  return shape.channelsPerGroup() == 1 && operation.output().elements > 0 && PlaneSlots::fits(shape, context.vectors);
}

std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<DepthwisePlanes>(operation, context);
}

double estimate(const OperationView& operation, const KernelContext& context) {
  const ConvolutionShape shape = ConvolutionShape::of(operation);
  const Window& window = shape.window;
  const int lanes = context.vectors.lanes;
  const bool strided = window.strideHeight > 1 || window.strideWidth > 1;
  const double copy = strided ? static_cast<double>(shape.height) * (2 * vectorsOf(shape.width, lanes) + 8)
                              : 2 * vectorsOf(shape.height * shape.width, lanes) + 10;
  const int64_t pitch = std::max(shape.outputWidth, quotientUp(shape.width, window.strideWidth));
  const double vectors = vectorsOf((shape.outputHeight - 1) * pitch + shape.outputWidth, lanes);
  const auto taps = static_cast<double>(window.taps()), kernelWidth = static_cast<double>(window.kernelWidth);
  // Measured: a load of two cache lines with a multiply-add, a mask with an addition.
  const double sums = vectors * (1.8 * taps + 2 * kernelWidth + 3) + 30;
  const double apart = pitch == shape.outputWidth ? 0 : 8 * static_cast<double>(shape.outputHeight);
  const auto each = static_cast<double>(shape.outputsPerGroup());
  return static_cast<double>(shape.batch * shape.channels) * (copy + each * (sums + apart));
}

}  // namespace

const KernelDefinition convolutionDepthwisePlanes = {
    "convolution.depthwise_planes", Opcode::convolution, 3, supports, make, estimate};

}  // namespace gdws
