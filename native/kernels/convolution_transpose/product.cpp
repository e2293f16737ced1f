#include <algorithm>
#include <memory>
#include <vector>

#include "kernels/convolution/shape.h"
#include "kernels/convolution_transpose/phase.h"
#include "kernels/product/packed_product.h"
#include "kernels/product/patches.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Each remainder has a product of its own.
constexpr int64_t maxPhases = 4096;

/// From so many neighbouring remainders on, one product makes all their outputs of a channel.
constexpr int64_t manyPhases = 8;

/// A packed product for each remainder of the output position by the strides; no zeros are multiplied. Where remainders
/// are many and channels few, those of a row that read the same patches have a product for each channel instead, whose
/// results lie side by side: so patches are made less often.
class ProductTranspose final : public Kernel {
 public:
  ProductTranspose(const OperationView& operation, KernelContext& context)
      : shape_(ConvolutionShape::ofTransposed(operation)) {
    const Window& window = shape_.window;
    for (int64_t row = 0; row < std::min(window.strideHeight, shape_.outputHeight); ++row) {
      const Phase vertical = Phase::of(row, window.strideHeight, window.kernelHeight, window.dilationHeight,
                                       window.padTop, shape_.outputHeight);
      const int64_t columns = std::min(window.strideWidth, shape_.outputWidth);
      for (int64_t column = 0; column < columns;) {
        std::vector<Phase> phases{horizontalAt(column)};
        while (column + static_cast<int64_t>(phases.size()) < columns) {
          const Phase next = horizontalAt(column + static_cast<int64_t>(phases.size()));
          if (!next.readsLike(phases.front())) break;
          phases.push_back(next);
        }
        addProducts(operation, vertical, row, phases, column, context);
        column += static_cast<int64_t>(phases.size());
      }
    }
  }

  int64_t scratchBytes(int threads) const override { return scratchFor(threads, scratchFloats_); }
  bool readsInput(size_t i) const override { return i != 1; }
  void run(const Buffers& buffers, const Team& team) const override {
    // There is no barrier between the products, so that each thread has a part of the scratch memory of its own.
    float* scratch = scratchOf(buffers, team, scratchFloats_);
    const float* bias = shape_.addends.bias(buffers);
    for (const Part& part : products_) {
      const float* own = bias == nullptr ? nullptr : bias + part.firstOutput;
      part.product->run(buffers, {own, part.biasPitch, nullptr, buffers.result()}, team, scratch);
    }
  }

 private:
  struct Part {
    std::unique_ptr<PackedProduct> product;
    int64_t firstOutput;
    int64_t biasPitch;
  };

  Phase horizontalAt(int64_t column) const {
    const Window& window = shape_.window;
    return Phase::of(column, window.strideWidth, window.kernelWidth, window.dilationWidth, window.padLeft,
                     shape_.outputWidth);
  }

  /// Of phases from `column` on that read the same patches.
  void addProducts(const OperationView& operation, const Phase& vertical, int64_t row, const std::vector<Phase>& phases,
                   int64_t column, KernelContext& context) {
    const auto count = static_cast<int64_t>(phases.size());
    if (shape_.groups == 1 && count >= manyPhases && count > shape_.outputs) {
      for (int64_t m = 0; m < shape_.outputs; ++m) {
        addProduct(operation, vertical, row, phases, column, {m, m + 1}, context);
      }
    } else {
      for (int64_t i = 0; i < count; ++i) {
        addProduct(operation, vertical, row, {phases[static_cast<size_t>(i)]}, column + i, {0, shape_.outputs},
                   context);
      }
    }
  }

  /// Of several phases and one output channel, or of one phase and all.
  void addProduct(const OperationView& operation, const Phase& vertical, int64_t row, const std::vector<Phase>& phases,
                  int64_t column, const Range& outputs, KernelContext& context) {
    const Phase& horizontal = phases.front();
    const bool together = phases.size() > 1;
    ProductGeometry geometry;
    geometry.map = {shape_.batch, vertical.outputs, horizontal.outputs};
    geometry.groups = shape_.groups;
    geometry.channels = together ? static_cast<int64_t>(phases.size()) : shape_.outputsPerGroup();
    geometry.depth = shape_.channelsPerGroup() * vertical.taps * horizontal.taps;
    geometry.result = {shape_.outputs * shape_.outputPixels(), together ? 1 : shape_.outputPixels(),
                       shape_.window.strideHeight * shape_.outputWidth, shape_.window.strideWidth,
                       outputs.begin * shape_.outputPixels() + row * shape_.outputWidth + column};
    geometry.activation = shape_.activation;
    Window window;
    if (geometry.depth > 0) {
      window = {vertical.taps, horizontal.taps, 1, 1, vertical.dilation, horizontal.dilation,
                vertical.pad,  horizontal.pad};
    }
    const InputMaps input{shape_.channels, shape_.channelsPerGroup(), shape_.height, shape_.width};
    const Value& w = operation.input(1);
    std::vector<float> weights;
    weights.reserve(static_cast<size_t>(geometry.groups * geometry.channels * geometry.depth));
    for (const Phase& phase : phases) {
      appendWeights(static_cast<const float*>(w.data), vertical, phase, outputs, weights);
    }
    std::string key = "convolutionTranspose " + std::to_string(w.index) + ' ' + describe(w.dims);
    for (const int64_t number :
         {vertical.firstTap, vertical.tapStep, horizontal.firstTap, horizontal.tapStep, shape_.window.strideWidth,
          shape_.window.dilationWidth, outputs.begin, outputs.end, static_cast<int64_t>(phases.size())}) {
      key += ' ';
      key += std::to_string(number);
    }
    products_.push_back(
        {std::make_unique<PackedProduct>(geometry, makePatches(geometry.map, input, window, context.vectors),
                                         WeightMatrix{weights.data(), geometry.depth, 1}, key, context),
         outputs.begin, together ? 0 : 1});
    scratchFloats_ = std::max(scratchFloats_, products_.back().product->scratchFloats());
  }

  /// The taps of two phases as the weights (M, C/groups, KH, KW) of an ordinary convolution, of some output channels.
  void appendWeights(const float* w, const Phase& vertical, const Phase& horizontal, const Range& outputs,
                     std::vector<float>& weights) const {
    const Window& window = shape_.window;
    const int64_t perGroup = shape_.outputsPerGroup(), channels = shape_.channelsPerGroup();
    for (int64_t m = outputs.begin; m < outputs.end; ++m) {
      for (int64_t c = 0; c < channels; ++c) {
        const float* kernel = w + ((m / perGroup * channels + c) * perGroup + m % perGroup) * window.taps();
        for (int64_t i = 0; i < vertical.taps; ++i) {
          for (int64_t j = 0; j < horizontal.taps; ++j) {
            weights.push_back(kernel[vertical.tap(i) * window.kernelWidth + horizontal.tap(j)]);
          }
        }
      }
    }
  }

  ConvolutionShape shape_;
  std::vector<Part> products_;
  int64_t scratchFloats_ = 0;
};

bool supports(const OperationView& operation, const KernelContext&) {
  const ConvolutionShape shape = ConvolutionShape::ofTransposed(operation);
  return operation.input(1).storage == Storage::constant && operation.output().elements > 0 &&
         std::min(shape.window.strideHeight, shape.outputHeight) *
                 std::min(shape.window.strideWidth, shape.outputWidth) <=
             maxPhases;
}

std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<ProductTranspose>(operation, context);
}

}  // namespace

const KernelDefinition convolutionTransposeProduct = {"convolutionTranspose.product", Opcode::convolutionTranspose,
                                                      overwritesNothing, supports, make};

}  // namespace gdws
