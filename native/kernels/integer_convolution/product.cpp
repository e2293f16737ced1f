#include "kernels/integer/product.h"

#include "kernels/integer/window_words.h"
#include "kernels/integer_convolution/shape.h"
#include "kernels/product/lines.h"
#include "kernels/product/rounding.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

using Packing = WindowWords::Packing;

/// The words that a convolution's window reads of a group's channels.
class WindowProducer final : public IntegerProducer {
 public:
  WindowProducer(const IntegerConvolutionShape& shape, const ConvolutionShape& map, const WindowWords& words,
                 Packing packing, int64_t units, int64_t channelsPerUnit)
      : shape_(shape), map_(map), words_(words), packing_(packing), units_(units), channelsPerUnit_(channelsPerUnit) {
    for (int64_t unit = 0; unit < units; ++unit) {
      for (const int32_t offset : words_.offsets()) {
        offsets_.push_back(static_cast<int32_t>(unit * words_.unitWords() + offset));
      }
    }
  }

  const std::vector<int32_t>& offsets() const override { return offsets_; }
  int64_t stepsOfUnit() const override { return static_cast<int64_t>(words_.offsets().size()); }
  int64_t weightOf(int64_t step, int64_t i) const override {
    const int64_t steps = stepsOfUnit();
    const int64_t channel = step / steps * channelsPerUnit_ + (packing_ == Packing::channels ? i : 0);
    const int64_t tap = words_.tapOf(step % steps, i);
    return channel < map_.channelsPerGroup() && tap >= 0 ? channel * map_.window.taps() + tap : -1;
  }
  int32_t zeroPoint(const Buffers& buffers) const override {
    return shape_.xZeroPoint(buffers) + words_.shift(shape_.xType);
  }
  int64_t words() const override { return units_ * words_.unitWords(); }
  size_t scratchBytes() const override { return words_.scratchBytes(); }
  double cycles() const override { return static_cast<double>(words()) / 8; }
  void produce(const Buffers& buffers, const PixelTile& tile, int64_t group, const Team& team, int32_t* words,
               std::byte* scratch) const override {
    const int64_t plane = map_.height * map_.width, channels = map_.channelsPerGroup();
    const auto* x = static_cast<const uint8_t*>(buffers.inputs[0]) + group * channels * plane;
    WindowWords::Source source{};
    source.imagePitch = map_.channels * plane;
    source.flip = words_.flip(shape_.xType);
    source.zero = static_cast<uint8_t>(zeroPoint(buffers));
    const WindowWords::Place place = words_.place(tile);
    const Range units = team.share(units_);
    for (int64_t unit = units.begin; unit < units.end; ++unit) {
      const int64_t channel = unit * channelsPerUnit_;
      source.plane = x + channel * plane;
      source.channels = std::min(channelsPerUnit_, channels - channel);
      words_.fill(source, place, words + unit * words_.unitWords(), scratch);
    }
  }

 private:
  IntegerConvolutionShape shape_;
  ConvolutionShape map_;
  WindowWords words_;
  Packing packing_;
  int64_t units_, channelsPerUnit_;
  std::vector<int32_t> offsets_;
};

/// Dense, grouped and depthwise convolution as a matrix product with the words that the window reads.
class ProductConvolution final : public Kernel {
 public:
  ProductConvolution(const OperationView& operation, KernelContext& context)
      : product_(makeProduct(operation, IntegerConvolutionShape::of(operation), context)) {}

  size_t scratchBytes(int threads) const override { return product_.scratchBytes(threads); }
  bool readsInput(size_t i) const override { return i != 1 && i != 3; }
  void run(const Buffers& buffers, const Team& team) const override { product_.run(buffers, team); }

 private:
  static IntegerProduct makeProduct(const OperationView& operation, const IntegerConvolutionShape& shape,
                                    KernelContext& context) {
    ConvolutionShape map = shape.map;
    const Window& window = map.window;
    if (window.taps() == 1 && window.strideHeight == 1 && window.strideWidth == 1 && window.padTop == 0 &&
        window.padLeft == 0 && map.outputHeight == map.height && map.outputWidth == map.width) {
      // Rows are as good as one.
      map.width = map.outputWidth = map.height * map.width;
      map.height = map.outputHeight = 1;
    }
    const IntegerFunctions& functions = *context.vectors.integers;
    const int64_t channels = map.channelsPerGroup(), perWord = functions.depthPerWord;
    // Words of several channels or of several taps, whichever makes fewer steps.
    const bool byTaps =
        channels * quotientUp(window.kernelWidth, perWord) < quotientUp(channels, perWord) * window.kernelWidth;
    const Packing packing = byTaps ? Packing::taps : Packing::channels;
    const int64_t channelsPerUnit = byTaps ? 1 : perWord, units = quotientUp(channels, channelsPerUnit);
    const int64_t copies = byTaps ? quotientUp(window.kernelWidth, perWord) : window.kernelWidth;
    // The words of a tile stay in the second-level cache.
    constexpr int64_t tileWords = 64 * 1024;
    const PixelMap pixels{map.batch, map.outputHeight, map.outputWidth};
    const IntegerTiles tiles(pixels, std::clamp<int64_t>(tileWords / (units * copies), 64, 4096), functions,
                             map.groups > 1 ? 1 : context.threads, window.kernelHeight > 1);
    const WindowWords words(window, map.height, map.width, packing, tiles, functions);
    const Value& w = operation.input(1);
    const Value* zeroPoints = shape.hasWZeroPoint ? &operation.input(3) : nullptr;
    const std::string key = "integerConvolution " + std::to_string(w.index) + ' ' + describe(w.dims) + ' ' +
                            std::to_string(zeroPoints == nullptr ? -1 : zeroPoints->index) + (byTaps ? " taps" : "");
    return IntegerProduct(tiles, map.groups, map.outputsPerGroup(), shape.result,
                          std::make_unique<WindowProducer>(shape, map, words, packing, units, channelsPerUnit),
                          {&w, zeroPoints, channels * window.taps()}, key, context);
  }

  IntegerProduct product_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  const IntegerConvolutionShape shape = IntegerConvolutionShape::of(operation);
  const int64_t depth = shape.map.channelsPerGroup() * shape.map.window.taps();
  return depth > 0 && depth <= IntegerProduct::maxDepth && operation.input(1).storage == Storage::constant &&
         (!shape.hasWZeroPoint || operation.input(3).storage == Storage::constant) && operation.output().elements > 0 &&
         Lines::reasonable(shape.map.window);
}

std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<ProductConvolution>(operation, context);
}

}  // namespace

const KernelDefinition integerConvolutionProduct = {"integerConvolution.product", Opcode::integerConvolution, 6,
                                                    supports, make};

}  // namespace gdws
