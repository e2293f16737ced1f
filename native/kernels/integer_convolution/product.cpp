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
  int64_t scratchBytes() const override { return words_.scratchBytes(); }
  double cycles() const override { return static_cast<double>(words()) / 8; }
  void produce(const Buffers& buffers, const PixelTile& tile, int64_t group, const Team& team, int32_t* words,
               std::byte* scratch) const override {
    const int64_t plane = map_.height * map_.width, channels = map_.channelsPerGroup();
    const auto* x = static_cast<const uint8_t*>(buffers.inputs[0]) + group * channels * plane;
    WindowWords::Source source = words_.source(shape_.xType, shape_.xZeroPoint(buffers), map_.channels * plane);
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

/// The same of taps, with words of its own for each tap, as matrix registers want them.
class ExpandedProducer final : public IntegerProducer {
 public:
  ExpandedProducer(const IntegerConvolutionShape& shape, const ConvolutionShape& map, const WindowWords& words,
                   const IntegerTiles& tiles, const IntegerFunctions& functions)
      : shape_(shape), map_(map), words_(words), functions_(functions) {
    vectors_ = quotientUp(tiles.tiling.rows.largest() * tiles.rowPitch(), functions.lanes);
    pitch_ = oddLines(vectors_ * functions.lanes);
    const int64_t steps = map.channelsPerGroup() * taps();
    for (int64_t step = 0; step < steps; ++step) offsets_.push_back(static_cast<int32_t>(step * pitch_));
  }

  const std::vector<int32_t>& offsets() const override { return offsets_; }
  int64_t stepsOfUnit() const override { return 1; }
  int64_t weightOf(int64_t step, int64_t i) const override {
    const int64_t tap = words_.tapOf(step % taps(), i);
    return tap >= 0 ? step / taps() * map_.window.taps() + tap : -1;
  }
  int32_t zeroPoint(const Buffers& buffers) const override {
    return shape_.xZeroPoint(buffers) + words_.shift(shape_.xType);
  }
  int64_t words() const override { return static_cast<int64_t>(offsets_.size()) * pitch_; }
  int64_t scratchBytes() const override {
    return wholeLines(words_.unitWords()) * int64_t{sizeof(int32_t)} + words_.scratchBytes();
  }
  double cycles() const override { return static_cast<double>(words()) / 8; }
  void produce(const Buffers& buffers, const PixelTile& tile, int64_t group, const Team& team, int32_t* words,
               std::byte* scratch) const override {
    const int64_t plane = map_.height * map_.width, channels = map_.channelsPerGroup();
    auto* const padded = reinterpret_cast<int32_t*>(scratch);
    std::byte* const rest = scratch + wholeLines(words_.unitWords()) * int64_t{sizeof(int32_t)};
    WindowWords::Source source = words_.source(shape_.xType, shape_.xZeroPoint(buffers), map_.channels * plane);
    const WindowWords::Place place = words_.place(tile);
    const Range mine = team.share(channels);
    for (int64_t channel = mine.begin; channel < mine.end; ++channel) {
      source.plane = static_cast<const uint8_t*>(buffers.inputs[0]) + (group * channels + channel) * plane;
      words_.fill(source, place, padded, rest);
      functions_.expand({reinterpret_cast<const uint8_t*>(padded), words_.offsets().data(), taps(), words_.patterns(),
                         vectors_, words + channel * taps() * pitch_, pitch_});
    }
  }

 private:
  int64_t taps() const { return static_cast<int64_t>(words_.offsets().size()); }

  IntegerConvolutionShape shape_;
  ConvolutionShape map_;
  WindowWords words_;
  const IntegerFunctions& functions_;
  int64_t vectors_, pitch_;
  std::vector<int32_t> offsets_;
};

/// Dense, grouped and depthwise convolution as a matrix product with the words that the window reads.
struct Product {
  IntegerTiles tiles;
  bool byTaps;
  std::unique_ptr<IntegerProducer> producer;
};

Product productOf(const IntegerConvolutionShape& shape, const KernelContext& context) {
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
  const int64_t channelsPerUnit = byTaps ? 1 : perWord, units = quotientUp(channels, channelsPerUnit);
  const int64_t copies = byTaps ? quotientUp(window.kernelWidth, perWord) : window.kernelWidth;
  // The words of a tile stay in the second-level cache.
  constexpr int64_t tileWords = 64 * 1024, mostPixels = 4096;
  const PixelMap pixels{map.batch, map.outputHeight, map.outputWidth};
  const auto tilesOf = [&](int64_t wordsOfPixel) {
    return IntegerTiles(pixels, std::clamp<int64_t>(tileWords / wordsOfPixel, 64, mostPixels), functions,
                        map.groups > 1 ? 1 : context.threads, window.kernelHeight > 1);
  };
  const IntegerTiles expanded = tilesOf(units * copies * window.kernelHeight);
  const bool isExpanded = byTaps && functions.matrices != nullptr && map.outputsPerGroup() > 1 &&
                          WindowWords::packingOfTaps(window, expanded, functions) == Packing::bytes;
  const IntegerTiles tiles = isExpanded ? expanded : tilesOf(units * copies);
  const Packing packing = isExpanded ? Packing::bytes : byTaps ? Packing::taps : Packing::channels;
  const WindowWords words(window, map.height, map.width, packing, tiles, functions);
  if (isExpanded) {
    return {tiles, byTaps, std::make_unique<ExpandedProducer>(shape, map, words, tiles, functions)};
  }
  return {tiles, byTaps, std::make_unique<WindowProducer>(shape, map, words, packing, units, channelsPerUnit)};
}

IntegerWeights weightsOf(const OperationView& operation, const IntegerConvolutionShape& shape) {
  return {&operation.input(1), shape.hasWZeroPoint ? &operation.input(3) : nullptr,
          shape.map.channelsPerGroup() * shape.map.window.taps()};
}

class ProductConvolution final : public Kernel {
 public:
  ProductConvolution(const OperationView& operation, KernelContext& context)
      : product_(makeProduct(operation, IntegerConvolutionShape::of(operation), context)) {}

  int64_t scratchBytes(int threads) const override { return product_.scratchBytes(threads); }
  bool readsInput(size_t i) const override { return i != 1 && i != 3; }
  void run(const Buffers& buffers, const Team& team) const override { product_.run(buffers, team); }

 private:
  static IntegerProduct makeProduct(const OperationView& operation, const IntegerConvolutionShape& shape,
                                    KernelContext& context) {
    Product product = productOf(shape, context);
    const IntegerWeights weights = weightsOf(operation, shape);
    const std::string key = "integerConvolution " + std::to_string(weights.bytes->index) + ' ' +
                            describe(weights.bytes->dims) + ' ' +
                            std::to_string(weights.zeroPoints == nullptr ? -1 : weights.zeroPoints->index) +
                            (product.byTaps ? " taps" : "");
    return IntegerProduct(product.tiles, shape.map.groups, shape.map.outputsPerGroup(), shape.result,
                          std::move(product.producer), weights, key, context);
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

double estimate(const OperationView& operation, const KernelContext& context) {
  const IntegerConvolutionShape shape = IntegerConvolutionShape::of(operation);
  const Product product = productOf(shape, context);
  return IntegerProduct::estimate(product.tiles, shape.map.groups, shape.map.outputsPerGroup(), *product.producer,
                                  weightsOf(operation, shape), *context.vectors.integers);
}

}  // namespace

const KernelDefinition integerConvolutionProduct = {
    "integerConvolution.product", Opcode::integerConvolution, 6, supports, make, estimate};

}  // namespace gdws
