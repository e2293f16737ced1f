#include "kernels/activate.h"
#include "kernels/convolution/shape.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class Reference final : public Kernel {
 public:
  explicit Reference(const OperationView& operation) : shape_(ConvolutionShape::of(operation)) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const float* bias = shape_.addends.bias(buffers);
    const float* residual = shape_.addends.residual(buffers);
    const Range planes = team.share(shape_.batch * shape_.outputs);
    for (int64_t plane = planes.begin; plane < planes.end; ++plane) {
      for (int64_t oh = 0; oh < shape_.outputHeight; ++oh) {
        for (int64_t ow = 0; ow < shape_.outputWidth; ++ow) {
          const int64_t at = (plane * shape_.outputHeight + oh) * shape_.outputWidth + ow;
          double sum = pixel(buffers, plane / shape_.outputs, plane % shape_.outputs, oh, ow);
          if (bias != nullptr) sum += bias[plane % shape_.outputs];
          if (residual != nullptr) sum += residual[at];
          buffers.result()[at] = static_cast<float>(activate(shape_.activation, sum));
        }
      }
    }
  }

 private:
  double pixel(const Buffers& buffers, int64_t n, int64_t m, int64_t oh, int64_t ow) const {
    const Window& window = shape_.window;
    const int64_t channels = shape_.channelsPerGroup();
    const int64_t firstChannel = m / shape_.outputsPerGroup() * channels;
    double sum = 0;
    for (int64_t c = 0; c < channels; ++c) {
      const float* plane = buffers.floats(0) + (n * shape_.channels + firstChannel + c) * shape_.height * shape_.width;
      const float* kernel = buffers.floats(1) + (m * channels + c) * window.taps();
      for (int64_t kh = 0; kh < window.kernelHeight; ++kh) {
        const int64_t row = oh * window.strideHeight + kh * window.dilationHeight - window.padTop;
        if (row < 0 || row >= shape_.height) continue;
        for (int64_t kw = 0; kw < window.kernelWidth; ++kw) {
          const int64_t column = ow * window.strideWidth + kw * window.dilationWidth - window.padLeft;
          if (column < 0 || column >= shape_.width) continue;
          sum += double{plane[row * shape_.width + column]} * kernel[kh * window.kernelWidth + kw];
        }
      }
    }
    return sum;
  }

  ConvolutionShape shape_;
};

}  // namespace

const KernelDefinition convolutionReference = {"convolution.reference", Opcode::convolution, 3, supportsAll,
                                               makeKernel<Reference>};

}  // namespace gdws
