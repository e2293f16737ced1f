#include "kernels/activate.h"
#include "kernels/convolution/shape.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Gathers: output (oh, ow) takes input row ih by tap kh where ih·stride + kh·dilation - pad = oh.
class Reference final : public Kernel {
 public:
  explicit Reference(const OperationView& operation) : shape_(ConvolutionShape::ofTransposed(operation)) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const float* bias = shape_.addends.bias(buffers);
    const Range planes = team.share(shape_.batch * shape_.outputs);
    for (int64_t plane = planes.begin; plane < planes.end; ++plane) {
      for (int64_t oh = 0; oh < shape_.outputHeight; ++oh) {
        for (int64_t ow = 0; ow < shape_.outputWidth; ++ow) {
          double sum = pixel(buffers, plane / shape_.outputs, plane % shape_.outputs, oh, ow);
          if (bias != nullptr) sum += bias[plane % shape_.outputs];
          const int64_t at = (plane * shape_.outputHeight + oh) * shape_.outputWidth + ow;
          buffers.result()[at] = static_cast<float>(activate(shape_.activation, sum));
        }
      }
    }
  }

 private:
  /// The input position that reaches `output` by a tap, or -1.
  static int64_t source(int64_t output, int64_t pad, int64_t tap, int64_t dilation, int64_t stride, int64_t length) {
    const int64_t scaled = output + pad - tap * dilation;
    return scaled >= 0 && scaled % stride == 0 && scaled / stride < length ? scaled / stride : -1;
  }

  double pixel(const Buffers& buffers, int64_t n, int64_t m, int64_t oh, int64_t ow) const {
    const Window& window = shape_.window;
    const int64_t perGroup = shape_.outputsPerGroup();
    const int64_t firstChannel = m / perGroup * shape_.channelsPerGroup();
    double sum = 0;
    for (int64_t c = firstChannel; c < firstChannel + shape_.channelsPerGroup(); ++c) {
      const float* plane = buffers.floats(0) + (n * shape_.channels + c) * shape_.height * shape_.width;
      const float* kernel = buffers.floats(1) + (c * perGroup + m % perGroup) * window.taps();
      for (int64_t kh = 0; kh < window.kernelHeight; ++kh) {
        const int64_t row = source(oh, window.padTop, kh, window.dilationHeight, window.strideHeight, shape_.height);
        if (row < 0) continue;
        for (int64_t kw = 0; kw < window.kernelWidth; ++kw) {
          const int64_t column = source(ow, window.padLeft, kw, window.dilationWidth, window.strideWidth, shape_.width);
          if (column >= 0) sum += double{plane[row * shape_.width + column]} * kernel[kh * window.kernelWidth + kw];
        }
      }
    }
    return sum;
  }

  ConvolutionShape shape_;
};

}  // namespace

const KernelDefinition convolutionTransposeReference = {"convolutionTranspose.reference", Opcode::convolutionTranspose,
                                                        overwritesNothing, supportsAll, makeKernel<Reference>};

}  // namespace gdws
