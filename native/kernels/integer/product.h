#pragma once

#include <memory>
#include <string>

#include "kernels/integer/sum_result.h"
#include "kernels/integer/tiles.h"
#include "kernels/product/channel_teams.h"

namespace gdws {

/// Makes the columns of a product, a tile of pixels at a time, as words.
class IntegerProducer {
 public:
  virtual ~IntegerProducer() = default;
  /// Where the words of each step of the depth begin.
  virtual const std::vector<int32_t>& offsets() const = 0;
  /// Steps of a unit: the words of a unit's steps are at the same distance from those of the next unit's.
  virtual int64_t stepsOfUnit() const = 0;
  /// The weight of a channel that byte or int16 `i` of a step's words is multiplied by; -1 where none.
  virtual int64_t weightOf(int64_t step, int64_t i) const = 0;
  /// What every column's number is too large by.
  virtual int32_t zeroPoint(const Buffers& buffers) const = 0;
  virtual int64_t words() const = 0;
  virtual int64_t scratchBytes() const = 0;
  /// Estimated cycles of a tile.
  virtual double cycles() const = 0;
  /// Makes one thread's share of a tile's columns.
  virtual void produce(const Buffers& buffers, const PixelTile& tile, int64_t group, const Team& team, int32_t* words,
                       std::byte* scratch) const = 0;
};

/// Constant weights: `depth` bytes for each channel, and zero points, which may be null.
struct IntegerWeights {
  const Value* bytes;
  const Value* zeroPoints;
  int64_t depth;

  int32_t zeroPoint(int64_t channel) const {
    return zeroPoints == nullptr ? 0 : Bytes(zeroPoints->data, zeroPoints->type)[channel];
  }
};

/// The product of constant weights with columns of bytes behind convolutions.
///
/// Vectors run along pixels, or along channels where there are too few pixels to fill vectors, or matrix registers
/// multiply both at once.
class IntegerProduct {
 public:
  /// With larger depths, the words of a few pixels would take too much memory, and their offsets might not fit an
  /// int32.
  static constexpr int64_t maxDepth = int64_t{1} << 20;

  /// `channels` of each of `groups`. `key` identifies the weights among the packed weights of the session.
  IntegerProduct(const IntegerTiles& tiles, int64_t groups, int64_t channels, const SumResult& result,
                 std::unique_ptr<IntegerProducer> producer, const IntegerWeights& weights, const std::string& key,
                 KernelContext& context);

  /// Estimated cycles of one core.
  static double estimate(const IntegerTiles& tiles, int64_t groups, int64_t channels, const IntegerProducer& producer,
                         const IntegerWeights& weights, const IntegerFunctions& functions);

  int64_t scratchBytes(int threads) const { return threads * scratchBytes_; }
  void run(const Buffers& buffers, const Team& team) const;

 private:
  /// The tile that one thread computes.
  struct Work {
    PixelTile tile;
    int64_t origin;    ///< of its first image in y
    int64_t position;  ///< of its first pixel in the image
    int64_t group;
    Range parts;  ///< of the split of channels
    const int32_t* words;
    const int32_t* bias;  ///< of the group; of all, until the group is known
    int32_t* sums;
    int32_t* planes;  ///< of sums along channels, or sums of matrix registers
    const Buffers* buffers;
  };

  enum class Form { pixels, channels, matrices };

  struct Choice {
    Form form = Form::pixels;
    int64_t pixelPart = 1;
    Split channelParts;
    double cycles = 0;  ///< estimated, of a tile
  };

  /// How many numbers of 8 bits are added up to make a weight.
  static int64_t partsOfWeights(const IntegerFunctions& functions, int64_t outputs, const IntegerWeights& weights);
  static Choice choose(const IntegerFunctions& functions, const IntegerTiles& tiles, int64_t channels,
                       int64_t weightParts, const IntegerProducer& producer);
  /// Sizes the scratch memory.
  void reserve();
  /// Whether all threads make a tile's columns together, and then multiply them, each by weights of its own; else each
  /// makes what it multiplies.
  bool isShared(const ItemCycles& cycles, int64_t items, int teams, const Team& team) const;
  void multiply(Work work, int64_t item) const;
  /// The steps of depth in the order in which micro-kernels take them.
  void orderSteps();
  std::shared_ptr<const float[]> pack(const IntegerWeights& weights, const KernelContext& context) const;
  int64_t channelsOfPart() const;  ///< in a unit of channelParts_
  int64_t packedChannels() const;
  void multiplyPixelVectors(const Work& work) const;
  void multiplyChannelVectors(const Work& work) const;
  void multiplyPixels(const Work& work, int64_t firstWord, int64_t at, int64_t pixels) const;
  void multiplyMatrices(const IntegerTile& micro, int64_t matrices, int64_t vectors, int64_t channels,
                        int32_t* sums) const;
  /// Of pixel `pixel` of a tile of whole rows, for channel 0.
  int64_t offset(const Work& work, int64_t pixel) const;
  IntegerRows rows(const Work& work, int64_t channel, int64_t at) const;
  void finish(const Work& work, const int32_t* sums, int64_t channel, int64_t firstPixel, int64_t count) const;

  IntegerTiles tiles_;
  int64_t groups_, channels_;
  SumResult result_;
  IntegerResult how_;
  std::unique_ptr<IntegerProducer> producer_;
  const VectorTable& vectors_;
  const IntegerFunctions& functions_;
  int64_t weightParts_ = 1;  ///< int8 numbers that are added to make up a weight
  /// A step of packed weights: the producer's, and which part of its weights; none where it is multiplied by zeros.
  struct Step {
    static constexpr int64_t none = -1;
    int64_t ofProducer;
    int64_t part;
  };
  std::vector<Step> steps_;
  std::vector<int32_t> offsets_;  ///< of each step, or of each chunk's first one
  int64_t chunkSteps_ = 0, chunkPitch_ = 0;
  Form form_ = Form::pixels;
  Split channelParts_;     ///< of channels, or of vectors or matrices of them
  int64_t pixelPart_ = 1;  ///< the largest number of vectors of pixels, or of pixels, in a micro-kernel
  double productCycles_ = 0;
  int64_t biasPitch_ = 0;  ///< from a group to the next
  int64_t biasWords_ = 0, sumsWords_ = 0, planesWords_ = 0, columnWords_ = 0, scratchBytes_ = 0;
  std::shared_ptr<const float[]> packed_;
};

}  // namespace gdws
