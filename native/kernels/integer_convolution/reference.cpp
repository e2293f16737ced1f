#include "kernels/integer_convolution/shape.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class Reference final : public Kernel {
 public:
  explicit Reference(const OperationView& operation) : shape_(IntegerConvolutionShape::of(operation)) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const ConvolutionShape& map = shape_.map;
    const int32_t* bias = shape_.result.bias(buffers);
    const Range planes = team.share(map.batch * map.outputs);
    for (int64_t plane = planes.begin; plane < planes.end; ++plane) {
      const int64_t n = plane / map.outputs, m = plane % map.outputs;
      for (int64_t oh = 0; oh < map.outputHeight; ++oh) {
        for (int64_t ow = 0; ow < map.outputWidth; ++ow) {
          const int32_t sum = wrappingSum(pixel(buffers, n, m, oh, ow), bias == nullptr ? 0 : bias[m]);
          shape_.result.write(buffers, (plane * map.outputHeight + oh) * map.outputWidth + ow, m, sum);
        }
      }
    }
  }

 private:
  int32_t pixel(const Buffers& buffers, int64_t n, int64_t m, int64_t oh, int64_t ow) const {
    const ConvolutionShape& map = shape_.map;
    const Window& window = map.window;
    const Bytes x = shape_.x(buffers), w = shape_.w(buffers);
    const int32_t xZeroPoint = shape_.xZeroPoint(buffers), wZeroPoint = shape_.wZeroPoint(buffers, m);
    const int64_t channels = map.channelsPerGroup();
    const int64_t firstChannel = m / map.outputsPerGroup() * channels;
    int32_t sum = 0;
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t plane = (n * map.channels + firstChannel + c) * map.height * map.width;
      const int64_t kernel = (m * channels + c) * window.taps();
      for (int64_t kh = 0; kh < window.kernelHeight; ++kh) {
        const int64_t row = oh * window.strideHeight + kh * window.dilationHeight - window.padTop;
        if (row < 0 || row >= map.height) continue;
        for (int64_t kw = 0; kw < window.kernelWidth; ++kw) {
          const int64_t column = ow * window.strideWidth + kw * window.dilationWidth - window.padLeft;
          if (column < 0 || column >= map.width) continue;
          sum += (x[plane + row * map.width + column] - xZeroPoint) *
                 (w[kernel + kh * window.kernelWidth + kw] - wZeroPoint);
        }
      }
    }
    return sum;
  }

  IntegerConvolutionShape shape_;
};

}  // namespace

const KernelDefinition integerConvolutionReference = {"integerConvolution.reference", Opcode::integerConvolution, 6,
                                                      supportsAll, makeKernel<Reference>};

}  // namespace gdws
