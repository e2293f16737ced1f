#include <cmath>

#include "kernels/integer/product.h"
#include "kernels/integer/window_words.h"
#include "kernels/integer_gdws/shape.h"
#include "kernels/product/lines.h"
#include "kernels/product/rounding.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

using Rounding = IntegerDepthwiseTask::Rounding;

/// The fastest way of rounding that sums of up to this size, times a scale, allow, whose limits are those of a type.
Rounding roundingOf(int64_t largestSum, float scale) {
  // Numbers fit an int16 with a zero point, and whole sums the fraction of a float.
  constexpr double halfwords = 32000;
  constexpr int64_t fraction = int64_t{1} << 22;
  if (!(static_cast<double>(largestSum) * std::fabs(scale) <= halfwords)) return Rounding::any;
  int exponent = 0;
  constexpr float mantissaOfPowers = 0.5f;
  const bool isPower = scale >= 0x1p-22f && scale <= 1 && std::frexp(scale, &exponent) == mantissaOfPowers;
  return isPower && largestSum < fraction ? Rounding::powerOfTwo : Rounding::bounded;
}

/// The features of the depthwise stage, `depthPerWord` of them a word. The words of a channel's taps are made once for
/// all its kernels.
class Features final : public IntegerProducer {
 public:
  Features(const OperationView& operation, const IntegerGdwsShape& shape, const IntegerTiles& tiles,
           const IntegerFunctions& functions)
      : shape_(shape),
        functions_(functions),
        packing_(WindowWords::packingOfTaps(shape.map.window, tiles, functions)),
        words_(shape.map.window, shape.map.height, shape.map.width, packing_, tiles, functions) {
    const int64_t lanes = functions.lanes;
    perWord_ = functions.depthPerWord;
    steps_ = quotientUp(shape.depth(), perWord_);
    vectors_ = quotientUp(tiles.tiling.rows.largest() * tiles.rowPitch(), lanes);
    // Not at the same place of each way of a cache.
    pitch_ = oddLines(vectors_ * lanes);
    for (int64_t step = 0; step < steps_; ++step) offsets_.push_back(static_cast<int32_t>(step * pitch_));
    unitWords_ = wholeLines(words_.unitWords() + lanes);
    int32_t seen = 0;
    for (size_t c = 0; c < shape.kernelsOf.size(); ++c) {
      const auto count = static_cast<size_t>(shape.kernelsOf[c]);
      channelOf_.insert(channelOf_.end(), count, static_cast<int32_t>(c));
      slotOf_.insert(slotOf_.end(), count, static_cast<int32_t>(seen % slots()));
      if (count > 0) ++seen;
    }
    packKernels(operation);
    chooseRounding(operation);
  }

  const std::vector<int32_t>& offsets() const override { return offsets_; }
  int64_t stepsOfUnit() const override { return 1; }
  int64_t weightOf(int64_t step, int64_t i) const override {
    const int64_t g = step * perWord_ + i;
    return g < shape_.depth() ? g : -1;
  }
  int32_t zeroPoint(const Buffers&) const override { return shape_.featureZeroPoint + featureShift(); }
  int64_t words() const override { return steps_ * pitch_; }
  int64_t scratchBytes() const override {
    return slots() * unitWords_ * int64_t{sizeof(int32_t)} + words_.scratchBytes();
  }
  double cycles() const override {
    const auto vectors = static_cast<double>(vectors_);
    return vectors * (static_cast<double>(shape_.depth()) * (5 + static_cast<double>(taps()) / 2) +
                      4 * static_cast<double>(shape_.map.channels));
  }

  void produce(const Buffers& buffers, const PixelTile& tile, int64_t group, const Team& team, int32_t* words,
               std::byte* scratch) const override {
    auto* const units = reinterpret_cast<int32_t*>(scratch);
    std::byte* const rest = scratch + slots() * unitWords_ * int64_t{sizeof(int32_t)};
    const ConvolutionShape& map = shape_.map;
    const int64_t plane = map.height * map.width;
    const int32_t xZeroPoint = shape_.xZeroPoint(buffers) + words_.shift(shape_.xType);
    WindowWords::Source source = words_.source(shape_.xType, shape_.xZeroPoint(buffers), map.channels * plane);
    const float* const scale = shape_.depthwiseScale(buffers);
    const int32_t* const bias = shape_.depthwiseBias(buffers);

    IntegerDepthwiseTask task{};
    const bool isOfBytes = packing_ == WindowWords::Packing::bytes;
    if (isOfBytes) task.patterns = words_.patterns();
    task.offsets = words_.offsets().data();
    task.taps = taps();
    task.most = static_cast<float>(shape_.featureMost - shape_.featureZeroPoint);
    task.zeroPoint = shape_.featureZeroPoint + featureShift();
    task.least = shape_.featureLeast + featureShift();
    task.vectors = vectors_;
    const WindowWords::Place place = words_.place(tile);
    const int64_t depth = shape_.depth(), firstKernel = group * depth;
    const Range steps = team.share(steps_);
    const auto fill = [&](int64_t step) {
      for (int64_t g = step * perWord_; g < std::min((step + 1) * perWord_, depth); ++g) {
        const auto kernel = static_cast<size_t>(firstKernel + g);
        if (g > steps.begin * perWord_ && channelOf_[kernel] == channelOf_[kernel - 1]) continue;
        source.plane = static_cast<const uint8_t*>(buffers.inputs[0]) + channelOf_[kernel] * plane;
        words_.fill(source, place, units + slotOf_[kernel] * unitWords_, rest);
      }
    };
    // A step ahead: what was just stored in small parts cannot be loaded at once.
    if (steps.begin < steps.end) fill(steps.begin);
    for (int64_t step = steps.begin; step < steps.end; ++step) {
      if (step + 1 < steps.end) fill(step + 1);
      task.rounding = rounding_[static_cast<size_t>(group * steps_ + step)];
      for (int64_t j = 0; j < perWord_; ++j) {
        const int64_t g = step * perWord_ + j;
        if (g >= depth) {  // multiplied by zeros
          task.columns[j] = task.columns[0];
          task.bias[j] = 0;
          task.scale[j] = 0;
          continue;
        }
        const auto kernel = static_cast<size_t>(firstKernel + g);
        task.columns[j] = units + slotOf_[kernel] * unitWords_;
        // Sums wrap around, so that a sum that fits is right in the end.
        task.bias[j] =
            static_cast<int32_t>((bias == nullptr ? 0 : static_cast<uint32_t>(bias[kernel])) -
                                 static_cast<uint32_t>(xZeroPoint) * static_cast<uint32_t>(kernelSums_[kernel]));
        task.scale[j] = scale[kernel];
      }
      task.weights = kernels_.data() + (group * steps_ + step) * perWord_ * taps();
      task.panel = words + step * pitch_;
      if (isOfBytes) {
        functions_.depthwiseOfBytes(task);
      } else {
        functions_.depthwise(task);
      }
    }
  }

 private:
  int64_t taps() const { return static_cast<int64_t>(words_.offsets().size()); }
  /// Channels whose words are held: those of two steps.
  int64_t slots() const { return 2 * perWord_; }
  /// What makes a feature a byte of columns.
  int32_t featureShift() const {
    const bool isSigned = shape_.featureLeast < 0 || shape_.featureZeroPoint < 0;
    return words_.shift(isSigned ? DataType::int8 : DataType::uint8);
  }

  void packKernels(const OperationView& operation) {
    const Value& value = operation.input(1);
    const Bytes bytes(value.data, value.type);
    const int64_t depth = shape_.depth(), bits = 32 / perWord_, kernelTaps = shape_.map.window.taps();
    const uint32_t mask = perWord_ == 4 ? 0xff : 0xffff;
    kernels_.assign(static_cast<size_t>(shape_.map.groups * steps_ * perWord_ * taps()), 0);
    for (int64_t g = 0; g < shape_.intermediate; ++g) {
      const int64_t to = (g / depth * steps_ * perWord_ + g % depth) * taps();
      for (int64_t t = 0; t < taps(); ++t) {
        uint32_t word = 0;
        for (int64_t i = 0; i < perWord_; ++i) {
          const int64_t tap = words_.tapOf(t, i);
          if (tap >= 0) word |= (static_cast<uint32_t>(bytes[g * kernelTaps + tap]) & mask) << (bits * i);
        }
        kernels_[static_cast<size_t>(to + t)] = static_cast<int32_t>(word);
      }
      constexpr int32_t largestStep = 255;
      int32_t sum = 0, sizes = 0;
      for (int64_t tap = 0; tap < kernelTaps; ++tap) {
        sum += bytes[g * kernelTaps + tap];
        sizes += std::abs(bytes[g * kernelTaps + tap]);
      }
      kernelSums_.push_back(sum);
      largestSums_.push_back(int64_t{sizes} * largestStep);
    }
  }

  /// Chooses how the kernels of each step are rounded: as fast as all of them allow.
  void chooseRounding(const OperationView& operation) {
    rounding_.assign(static_cast<size_t>(shape_.map.groups * steps_), Rounding::any);
    const Value& scales = operation.input(4);
    const bool isBiasKnown = !shape_.hasDepthwiseBias || operation.input(5).storage == Storage::constant;
    const ByteRange range(shape_.featureLeast < 0 || shape_.featureZeroPoint < 0 ? DataType::int8 : DataType::uint8);
    if (!functions_.roundsBounded || scales.storage != Storage::constant || !isBiasKnown ||
        shape_.featureLeast != range.least || shape_.featureMost != range.most) {
      return;
    }
    const auto* const scale = static_cast<const float*>(scales.data);
    const auto* const bias = shape_.hasDepthwiseBias ? static_cast<const int32_t*>(operation.input(5).data) : nullptr;
    const int64_t depth = shape_.depth();
    for (int64_t g = 0; g < shape_.intermediate; ++g) {
      const int64_t added = bias == nullptr ? 0 : std::abs(int64_t{bias[g]});
      const Rounding rounding = roundingOf(largestSums_[static_cast<size_t>(g)] + added, scale[g]);
      Rounding& ofStep = rounding_[static_cast<size_t>(g / depth * steps_ + g % depth / perWord_)];
      // The least able of its kernels decides.
      ofStep = g % depth % perWord_ == 0 ? rounding : std::min(ofStep, rounding);
    }
  }

  IntegerGdwsShape shape_;
  const IntegerFunctions& functions_;
  WindowWords::Packing packing_;
  WindowWords words_;
  int64_t perWord_, steps_, vectors_, pitch_, unitWords_;
  std::vector<int32_t> offsets_;
  std::vector<int32_t> channelOf_, slotOf_;  ///< by intermediate channel
  std::vector<int32_t> kernels_;             ///< words: (group, kernel, tap), filled up to whole steps
  std::vector<int32_t> kernelSums_;
  std::vector<int64_t> largestSums_;  ///< at most, without a bias, of either sign
  std::vector<Rounding> rounding_;    ///< by (group, step)
};

/// Both stages at once: the features of a tile of pixels go straight into the words that the pointwise product reads,
/// and are never written to memory as a map.
class FusedGdws final : public Kernel {
 public:
  FusedGdws(const OperationView& operation, KernelContext& context)
      : product_(makeProduct(operation, IntegerGdwsShape::of(operation), context)) {}

  int64_t scratchBytes(int threads) const override { return product_.scratchBytes(threads); }
  bool readsInput(size_t i) const override { return i != 1 && i != 2; }
  void run(const Buffers& buffers, const Team& team) const override { product_.run(buffers, team); }

 private:
  static IntegerProduct makeProduct(const OperationView& operation, const IntegerGdwsShape& shape,
                                    KernelContext& context) {
    const ConvolutionShape& map = shape.map;
    const IntegerFunctions& functions = *context.vectors.integers;
    // The words of a tile stay in the second-level cache.
    constexpr int64_t tileWords = 64 * 1024;
    const int64_t steps = std::max<int64_t>(1, quotientUp(shape.depth(), functions.depthPerWord));
    const IntegerTiles tiles({map.batch, map.outputHeight, map.outputWidth},
                             std::clamp<int64_t>(tileWords / steps, 64, 1024), functions, context.threads,
                             map.window.kernelHeight > 1);
    const Value& p = operation.input(2);
    return IntegerProduct(tiles, map.groups, map.outputsPerGroup(), shape.result,
                          std::make_unique<Features>(operation, shape, tiles, functions), {&p, nullptr, shape.depth()},
                          "integerGdws " + std::to_string(p.index), context);
  }

  IntegerProduct product_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  const IntegerGdwsShape shape = IntegerGdwsShape::of(operation);
  return shape.depth() <= IntegerProduct::maxDepth && operation.input(1).storage == Storage::constant &&
         operation.input(2).storage == Storage::constant && operation.output().elements > 0 &&
         Lines::reasonable(shape.map.window);
}

std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<FusedGdws>(operation, context);
}

}  // namespace

const KernelDefinition integerGdwsFused = {"integerGdws.fused", Opcode::integerGdws, 8, supports, make};

}  // namespace gdws
