#include "kernels/integer_gdws/shape.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Depthwise stage and pointwise stage, a pixel at a time.
class Reference final : public Kernel {
 public:
  explicit Reference(const OperationView& operation) : shape_(IntegerGdwsShape::of(operation)) {
    for (size_t c = 0; c < shape_.kernelsOf.size(); ++c) {
      channelOf_.insert(channelOf_.end(), static_cast<size_t>(shape_.kernelsOf[c]), static_cast<int32_t>(c));
    }
  }

  int64_t scratchBytes(int threads) const override { return threads * shape_.intermediate * int64_t{sizeof(int32_t)}; }

  void run(const Buffers& buffers, const Team& team) const override {
    int32_t* features = reinterpret_cast<int32_t*>(buffers.scratch) + team.index * shape_.intermediate;
    const int64_t outputPixels = shape_.map.outputPixels(), depth = shape_.depth();
    const Bytes weights = shape_.pointwise(buffers);
    const int32_t* bias = shape_.result.bias(buffers);
    const Range pixels = team.share(shape_.map.batch * outputPixels);
    for (int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
      const int64_t n = pixel / outputPixels, position = pixel % outputPixels;
      depthwise(buffers, n, position / shape_.map.outputWidth, position % shape_.map.outputWidth, features);
      for (int64_t m = 0; m < shape_.map.outputs; ++m) {
        const int32_t* seen = features + m / shape_.map.outputsPerGroup() * depth;
        int32_t sum = 0;
        for (int64_t g = 0; g < depth; ++g) sum += (seen[g] - shape_.featureZeroPoint) * weights[m * depth + g];
        if (bias != nullptr) sum = wrappingSum(sum, bias[m]);
        shape_.result.write(buffers, (n * shape_.map.outputs + m) * outputPixels + position, m, sum);
      }
    }
  }

 private:
  void depthwise(const Buffers& buffers, int64_t n, int64_t oh, int64_t ow, int32_t* features) const {
    const ConvolutionShape& map = shape_.map;
    const Window& window = map.window;
    const Bytes x = shape_.x(buffers), kernels = shape_.depthwise(buffers);
    const int32_t zeroPoint = shape_.xZeroPoint(buffers);
    const int32_t* bias = shape_.depthwiseBias(buffers);
    const auto least = static_cast<float>(shape_.featureLeast - shape_.featureZeroPoint);
    const auto most = static_cast<float>(shape_.featureMost - shape_.featureZeroPoint);
    for (int64_t g = 0; g < shape_.intermediate; ++g) {
      const int64_t plane = (n * map.channels + channelOf_[static_cast<size_t>(g)]) * map.height * map.width;
      int32_t sum = 0;
      for (int64_t kh = 0; kh < window.kernelHeight; ++kh) {
        const int64_t row = oh * window.strideHeight + kh * window.dilationHeight - window.padTop;
        if (row < 0 || row >= map.height) continue;
        for (int64_t kw = 0; kw < window.kernelWidth; ++kw) {
          const int64_t column = ow * window.strideWidth + kw * window.dilationWidth - window.padLeft;
          if (column < 0 || column >= map.width) continue;
          sum += (x[plane + row * map.width + column] - zeroPoint) *
                 kernels[g * window.taps() + kh * window.kernelWidth + kw];
        }
      }
      if (bias != nullptr) sum = wrappingSum(sum, bias[g]);
      const float scaled = static_cast<float>(sum) * shape_.depthwiseScale(buffers)[g];
      features[g] = roundWithin(scaled, least, most) + shape_.featureZeroPoint;
    }
  }

  IntegerGdwsShape shape_;
  std::vector<int32_t> channelOf_;  ///< by intermediate channel
};

}  // namespace

const KernelDefinition integerGdwsReference = {"integerGdws.reference", Opcode::integerGdws, 8, supportsAll,
                                               makeKernel<Reference>};

}  // namespace gdws
