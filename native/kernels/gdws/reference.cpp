#include "kernels/activate.h"
#include "kernels/gdws/shape.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Depthwise stage and pointwise stage, a pixel at a time.
class Reference final : public Kernel {
 public:
  explicit Reference(const OperationView& operation) : shape_(GdwsShape::of(operation)) {
    for (size_t c = 0; c < shape_.kernelsOf.size(); ++c) {
      channelOf_.insert(channelOf_.end(), static_cast<size_t>(shape_.kernelsOf[c]), static_cast<int32_t>(c));
    }
  }

  int64_t scratchBytes(int threads) const override { return threads * shape_.intermediate * int64_t{sizeof(double)}; }

  void run(const Buffers& buffers, const Team& team) const override {
    double* features = reinterpret_cast<double*>(buffers.scratch) + team.index * shape_.intermediate;
    const Range pixels = team.share(shape_.map.batch * shape_.map.outputPixels());
    for (int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
      const int64_t n = pixel / shape_.map.outputPixels();
      const int64_t position = pixel % shape_.map.outputPixels();
      depthwise(buffers, n, position / shape_.map.outputWidth, position % shape_.map.outputWidth, features);
      pointwise(buffers, n, position, features);
    }
  }

 private:
  void depthwise(const Buffers& buffers, int64_t n, int64_t oh, int64_t ow, double* features) const {
    const Window& window = shape_.map.window;
    for (int64_t g = 0; g < shape_.intermediate; ++g) {
      const int64_t plane = n * shape_.map.channels + channelOf_[static_cast<size_t>(g)];
      const float* x = buffers.floats(0) + plane * shape_.map.height * shape_.map.width;
      const float* kernel = buffers.floats(1) + g * window.taps();
      double sum = 0;
      for (int64_t kh = 0; kh < window.kernelHeight; ++kh) {
        const int64_t row = oh * window.strideHeight + kh * window.dilationHeight - window.padTop;
        if (row < 0 || row >= shape_.map.height) continue;
        for (int64_t kw = 0; kw < window.kernelWidth; ++kw) {
          const int64_t column = ow * window.strideWidth + kw * window.dilationWidth - window.padLeft;
          if (column < 0 || column >= shape_.map.width) continue;
          sum += double{x[row * shape_.map.width + column]} * kernel[kh * window.kernelWidth + kw];
        }
      }
      features[g] = sum;
    }
  }

  void pointwise(const Buffers& buffers, int64_t n, int64_t position, const double* features) const {
    const float* bias = shape_.map.addends.bias(buffers);
    const float* residual = shape_.map.addends.residual(buffers);
    const int64_t depth = shape_.depth();
    for (int64_t m = 0; m < shape_.map.outputs; ++m) {
      const float* p = buffers.floats(2) + m * depth;
      const double* seen = features + m / shape_.map.outputsPerGroup() * depth;
      double sum = 0;
      for (int64_t g = 0; g < depth; ++g) sum += seen[g] * p[g];
      const int64_t at = (n * shape_.map.outputs + m) * shape_.map.outputPixels() + position;
      if (bias != nullptr) sum += bias[m];
      if (residual != nullptr) sum += residual[at];
      buffers.result()[at] = static_cast<float>(activate(shape_.map.activation, sum));
    }
  }

  GdwsShape shape_;
  std::vector<int32_t> channelOf_;  ///< by intermediate channel
};

}  // namespace

const KernelDefinition gdwsReference = {"gdws.reference", Opcode::gdws, 4, supportsAll, makeKernel<Reference>};

}  // namespace gdws
