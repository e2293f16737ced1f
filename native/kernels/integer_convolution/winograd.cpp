#include "kernels/winograd/winograd.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/aligned_floats.h"
#include "kernels/integer/blocking.h"
#include "kernels/integer/result_rows.h"
#include "kernels/integer_convolution/shape.h"
#include "kernels/integer_convolution/winograd_weights.h"
#include "kernels/product/channel_teams.h"
#include "kernels/product/rounding.h"
#include "kernels/product/tiling.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

constexpr int64_t kernelEdge = 3;

/// Numbers in words have a sign: those of a type without are less by this.
int32_t signedBy(DataType type) { return type == DataType::uint8 ? 128 : 0; }

/// Winograd's F(m×m, 3×3) in whole numbers (docs/architecture.md). Two channels make a word.
///
/// A block of tiles goes through all steps before the next, as in kernels/winograd/winograd.cpp. In the products of a
/// point, vectors run along tiles or, where these are few, along output channels.
template <int64_t Edge>
class IntegerWinograd final : public Kernel {
  static constexpr int64_t patchEdge = Edge + kernelEdge - 1;
  static constexpr int64_t points = patchEdge * patchEdge;
  static constexpr int64_t tilePixels = Edge * Edge;
  static constexpr size_t transforms = Edge / 2 - 1;
  static constexpr int64_t stageLines = 2;  ///< that are no lines of a map

 public:
  IntegerWinograd(const OperationView& operation, KernelContext& context)
      : shape_(IntegerConvolutionShape::of(operation)),
        map_(shape_.map),
        how_(resultOf(shape_.result)),
        vectors_(context.vectors),
        integers_(*context.vectors.integers),
        functions_(integers_.winograd),
        plan_(planOf(map_, integers_, context.threads)) {
    reserve();
    const Value& w = operation.input(1);
    const Value* zeroPoints = shape_.hasWZeroPoint ? &operation.input(3) : nullptr;
    std::string packing = "integerConvolution.winograd " + std::to_string(w.index) + ' ' + describe(w.dims) + ' ' +
                          std::to_string(zeroPoints == nullptr ? -1 : zeroPoints->index) +
                          (plan_.byChannels ? " channels" : " tiles");
    for (const int64_t number : {Edge, map_.groups, plan_.channelParts.parts}) {
      packing += ' ';
      packing += std::to_string(number);
    }
    weights_ = context.packedWeights.find(packing, [&] { return pack(w, zeroPoints, context); });
  }

  static double estimate(const ConvolutionShape& map, const KernelContext& context) {
    const Plan plan = planOf(map, *context.vectors.integers, context.threads);
    const auto weights = static_cast<double>(points * pairsOf(map) * map.outputs);
    const auto blocks = static_cast<double>(map.groups * plan.tiling.count());
    // What takes up memory, with larger weights than those of a product, must gain a tenth.
    constexpr double memory = 1.1;
    return memory * cyclesWithWeights(blocks * (plan.patchesCycles + plan.productCycles), weights * sizeof(int32_t));
  }

  int64_t scratchBytes(int threads) const override { return threads * scratchWords_ * int64_t{sizeof(int32_t)}; }
  bool readsInput(size_t i) const override { return i != 1 && i != 3; }

  void run(const Buffers& buffers, const Team& team) const override {
    Work work{};
    work.buffers = &buffers;
    auto* scratch = reinterpret_cast<int32_t*>(buffers.scratch) + team.index * scratchWords_;
    const auto take = [&](int64_t words) {
      int32_t* const taken = scratch;
      scratch += words;
      return taken;
    };
    work.bias = take(biasWords_);
    work.stage = take(stageWords_);
    work.lines = reinterpret_cast<const float**>(take(linesWords_));
    work.patches = take(patchesWords_);
    work.panel = take(panelWords_);
    work.products = take(productsWords_);
    work.tiles = take(tilesWords_);
    work.planes = take(planesWords_);
    work.plane = take(planeWords_);
    setBias(buffers, work.bias);
    const int32_t zero = shape_.xZeroPoint(buffers) - signedBy(shape_.xType);
    work.zeros = static_cast<int32_t>(static_cast<uint32_t>(zero & 0xffff) * 0x00010001u);
    std::fill_n(work.stage, linePitch_, work.zeros);

    const int64_t itemCount = map_.groups * plan_.tiling.count();
    const int teams =
        channelTeams(itemCount, plan_.channelParts.parts, {plan_.patchesCycles, plan_.productCycles}, team.size);
    const Range items = Team{team.index / teams, team.size / teams}.share(itemCount);
    const Range parts = Team{team.index % teams, teams}.share(plan_.channelParts.parts);
    if (parts.begin == parts.end) return;
    for (int64_t item = items.begin; item < items.end; ++item) {
      work.group = item / plan_.tiling.count();
      work.tile = plan_.tiling.tile(item % plan_.tiling.count());
      work.tileCount = work.tile.pixels();
      const int64_t vectors = quotientUp(work.tileCount, integers_.lanes);
      work.vectorParts = plan_.byChannels ? Split{vectors, 1} : Split::atMost(vectors, plan_.vectorPart);
      transformPatches(work);
      for (int64_t part = parts.begin; part < parts.end; ++part) {
        if (plan_.byChannels) {
          multiplyChannelVectors(work, part);
        } else {
          multiplyTileVectors(work, part);
        }
      }
    }
  }

 private:
  /// How the work is divided, and what it costs.
  struct Plan {
    PixelMap tiles;  ///< map of them
    Tiling tiling;
    bool byChannels = false;
    Split channelParts;      ///< of output channels, or of vectors of them
    int64_t vectorPart = 1;  ///< the largest number of vectors of tiles in a micro-kernel; unless byChannels
    int64_t tilePart = 1;    ///< the largest number of tiles in a micro-kernel; byChannels
    double patchesCycles = 0, productCycles = 0;  ///< of a block of tiles, estimated
  };

  /// The block of tiles that one thread computes.
  struct Work {
    const Buffers* buffers;
    int64_t group;
    PixelTile tile;  ///< of the map of tiles
    int64_t tileCount;
    Split vectorParts;    ///< of vectors of tiles
    int32_t zeros;        ///< a word of padding
    int32_t* bias;        ///< of all channels, and what makes up for the zero point
    int32_t* stage;       ///< a line of padding, one for copies of bytes, then lines of words
    const float** lines;  ///< where each line is that the tiles read
    int32_t *patches, *panel, *products, *tiles, *planes, *plane;
  };

  static int64_t pairsOf(const ConvolutionShape& map) { return quotientUp(map.channelsPerGroup(), 2); }

  static Plan planOf(const ConvolutionShape& map, const IntegerFunctions& integers, int threads) {
    const int64_t lanes = integers.lanes, pairs = pairsOf(map), outputs = map.outputsPerGroup();
    Plan plan;
    plan.tiles = {map.batch, quotientUp(map.outputHeight, Edge), quotientUp(map.outputWidth, Edge)};
    // Transformed patches take half of a second-level cache; fewer tiles would read the weights too often.
    constexpr int64_t cachedWords = 192 * 1024;
    const int64_t tiles = std::clamp(cachedWords / (points * pairs), std::max<int64_t>(2 * lanes, 16), int64_t{96});
    plan.tiling = chooseTiling(plan.tiles, tiles, lanes, threads, true);
    const int64_t largest = plan.tiling.largestPixels(), tileVectors = quotientUp(largest, lanes);
    const int64_t channelVectors = quotientUp(outputs, lanes);
    const auto& micro = integers.winograd.micro;
    const auto exists = [&](int64_t rows, int64_t vectors) { return micro[rows][vectors] != nullptr; };
    MicroCosts costs{.multiplyAdd = 0.5 * integers.winograd.cost, .call = 20, .row = 0.5, .vector = 1};
    const IntegerBlock byTiles = chooseIntegerBlock(exists, outputs, tileVectors, pairs, costs);
    const IntegerBlock byChannels = chooseIntegerBlock(exists, largest, channelVectors, pairs, costs);
    // Of a vector of tiles of two channels, and of a vector of sums.
    constexpr double patchCycles = Edge == 4 ? 220 : 100, outputCycles = Edge == 4 ? 150 : 60;
    const auto depth = static_cast<double>(points * pairs);
    const double tilesCost = depth * byTiles.cycles + static_cast<double>(outputs * tileVectors) * outputCycles;
    const double transposition = static_cast<double>(largest * tilePixels / 2 + 24) * static_cast<double>(outputs);
    const double channelsCost =
        depth * byChannels.cycles + static_cast<double>(largest * channelVectors) * outputCycles + transposition;
    plan.byChannels = channelsCost < tilesCost;
    plan.channelParts =
        plan.byChannels ? Split::atMost(channelVectors, byChannels.vectors) : Split::atMost(outputs, byTiles.rows);
    plan.vectorPart = byTiles.vectors;
    plan.tilePart = byChannels.rows;
    plan.patchesCycles = static_cast<double>(pairs * tileVectors) * patchCycles;
    plan.productCycles = std::min(tilesCost, channelsCost);
    return plan;
  }

  /// Words of a point in the panel, of so many vectors of tiles: an odd number of cache lines.
  int64_t panelPitch(int64_t vectors) const { return oddLines(pairsOf(map_) * vectors * integers_.lanes); }

  void reserve() {
    const int64_t lanes = integers_.lanes, largest = plan_.tiling.largestPixels();
    const int64_t vectors = quotientUp(largest, lanes), pitch = vectors * lanes;
    const int64_t slack = IntegerWinogradFunctions::maxVectors * lanes;
    const int64_t tileColumns = plan_.tiling.largestColumns(),
                  tileRows = std::min(plan_.tiling.rows.largest(), plan_.tiles.rows);
    biasPitch_ = roundUp(map_.outputsPerGroup(), lanes);
    biasWords_ = wholeLines(map_.groups * biasPitch_ + slack);
    linePitch_ = oddLines(tileColumns * Edge + kernelEdge - 1 + 3 * lanes);
    const int64_t lines = tileRows * Edge + kernelEdge - 1;
    stageWords_ = wholeLines(linePitch_ * (stageLines + lines) + slack);
    linesWords_ = wholeLines(lines * static_cast<int64_t>(sizeof(float*) / sizeof(int32_t)));
    patchPitch_ = oddLines(pitch + 2 * lanes);
    patchesWords_ = wholeLines(patchPitch_ * points + slack);
    const int64_t vectorParts = plan_.byChannels ? 1 : quotientUp(vectors, plan_.vectorPart);
    // Whole vectors, and what oddLines() adds to each part.
    panelWords_ = wholeLines(points * (pairsOf(map_) * pitch + 2 * lineFloats * vectorParts) + slack);
    if (plan_.byChannels) {
      const int64_t width = plan_.channelParts.largest() * lanes;
      productsPitch_ = oddLines(plan_.tilePart * width);
      tilesWords_ = wholeLines(tilePixels * largest * width + slack);
      planesWords_ = wholeLines(lineFloats * tilePixels * largest + slack);
    } else {
      productsPitch_ = oddLines(plan_.channelParts.largest() * plan_.vectorPart * lanes);
      tilePitch_ = oddLines(pitch + lanes);
      tilesWords_ = wholeLines(plan_.channelParts.largest() * tilePixels * tilePitch_ + slack);
    }
    productsWords_ = wholeLines(productsPitch_ * points + slack);
    planeWords_ = wholeLines(largest * tilePixels + 3 * lanes + slack);
    scratchWords_ = biasWords_ + stageWords_ + linesWords_ + patchesWords_ + panelWords_ + productsWords_ +
                    tilesWords_ + planesWords_ + planeWords_;
  }

  /// Channels of a part, with what fills its vectors.
  int64_t unit() const { return plan_.byChannels ? integers_.lanes : 1; }
  /// Words of a group's weights.
  int64_t groupWords() const { return points * pairsOf(map_) * plan_.channelParts.total * unit(); }

  /// Part by part of the output channels, point by point: words of two channels, each with the part's outputs. After
  /// them the sum of each output channel's weights.
  std::shared_ptr<const float[]> pack(const Value& w, const Value* zeroPoints, const KernelContext& context) const {
    const int64_t inputs = map_.channelsPerGroup(), outputs = map_.outputsPerGroup(), pairs = pairsOf(map_);
    constexpr int64_t slack = 64;
    const std::shared_ptr<float[]> packed = allocateFloats(map_.groups * groupWords() + map_.outputs + slack);
    auto* const all = reinterpret_cast<int32_t*>(packed.get());
    const Bytes bytes(w.data, w.type);
    for (int64_t m = 0; m < map_.outputs; ++m) {
      const int32_t zero = zeroPoints == nullptr ? 0 : Bytes(zeroPoints->data, zeroPoints->type)[m];
      const int64_t group = m / outputs, channel = m % outputs;
      int64_t part = 0;
      while (channel >= plan_.channelParts.begin(part + 1) * unit()) ++part;
      const int64_t first = plan_.channelParts.begin(part) * unit(), width = plan_.channelParts.size(part) * unit();
      int32_t* const to = all + group * groupWords() + first * points * pairs + channel - first;
      int32_t sum = 0;
      for (int64_t pair = 0; pair < pairs; ++pair) {
        int16_t transformed[2][points] = {};
        for (int64_t i = 0; i < std::min<int64_t>(2, inputs - 2 * pair); ++i) {
          int32_t kernel[kernelEdge * kernelEdge];
          for (int64_t k = 0; k < kernelEdge * kernelEdge; ++k) {
            kernel[k] = bytes[(m * inputs + 2 * pair + i) * kernelEdge * kernelEdge + k] - zero;
            sum += kernel[k];
          }
          transformIntegerKernel<Edge>(kernel, transformed[i]);
        }
        for (int64_t point = 0; point < points; ++point) {
          to[(point * pairs + pair) * width] =
              static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint16_t>(transformed[0][point])) |
                                   static_cast<uint32_t>(static_cast<uint16_t>(transformed[1][point])) << 16);
        }
      }
      all[map_.groups * groupWords() + m] = sum;
    }
    if (context.release) context.release(w.data, w.bytes());
    return packed;
  }

  const int32_t* packed() const { return reinterpret_cast<const int32_t*>(weights_.get()); }

  void setBias(const Buffers& buffers, int32_t* bias) const {
    const int32_t* const sums = packed() + map_.groups * groupWords();
    const int32_t* const added = shape_.result.bias(buffers);
    // Sums wrap around, so that a sum that fits is right in the end.
    const auto zeroPoint = static_cast<uint32_t>(shape_.xZeroPoint(buffers) - signedBy(shape_.xType));
    const int64_t outputs = map_.outputsPerGroup();
    for (int64_t m = 0; m < map_.outputs; ++m) {
      bias[m / outputs * biasPitch_ + m % outputs] = static_cast<int32_t>(
          (added == nullptr ? 0 : static_cast<uint32_t>(added[m])) - zeroPoint * static_cast<uint32_t>(sums[m]));
    }
  }

  void transformPatches(const Work& work) const {
    const int64_t pairs = pairsOf(map_), plane = map_.height * map_.width, lanes = integers_.lanes;
    const auto* const x = static_cast<const uint8_t*>(work.buffers->inputs[0]);
    WinogradPatchesTask patches{};
    patches.lines = work.lines;
    patches.columns = work.tile.columns;
    patches.end = work.tile.columns * Edge + kernelEdge - 1;
    patches.patchPitch = patchPitch_;
    for (int64_t pair = 0; pair < pairs; ++pair) {
      const int64_t channel = work.group * map_.channelsPerGroup() + 2 * pair;
      const bool isWhole = 2 * pair + 1 < map_.channelsPerGroup();
      forImages(plan_.tiles, work.tile, [&](int64_t image, int64_t tileRow, int64_t tileRows, int64_t done) {
        const uint8_t* const first = x + (image * map_.channels + channel) * plane;
        makeLines(work, first, isWhole ? first + plane : first, tileRow * Edge - map_.window.padTop,
                  tileRows * Edge + kernelEdge - 1);
        patches.rows = tileRows;
        patches.patches = reinterpret_cast<float*>(work.patches) + done * work.tile.columns;  // only moves words
        vectors_.winograd[transforms].patches(patches);
      });
      int32_t* to = work.panel;
      for (int64_t part = 0; part < work.vectorParts.parts; ++part) {
        const int64_t vectors = work.vectorParts.size(part), pitch = panelPitch(vectors);
        functions_.transforms[transforms].input({work.patches + work.vectorParts.begin(part) * lanes, patchPitch_,
                                                 to + pair * vectors * lanes, pitch, vectors, nullptr, 0});
        to += points * pitch;
      }
    }
  }

  /// Lines of words of two channels, from row `row` of their maps on, with their padding.
  void makeLines(const Work& work, const uint8_t* first, const uint8_t* second, int64_t row, int64_t count) const {
    const int64_t column = work.tile.firstColumn * Edge - map_.window.padLeft;
    const int64_t length = work.tile.columns * Edge + kernelEdge - 1;
    const int64_t begin = std::clamp<int64_t>(-column, 0, length);
    const int64_t end = std::clamp(map_.width - column, begin, length);
    const int64_t beginRow = begin == end ? count : std::clamp<int64_t>(-row, 0, count);
    const int64_t endRow = std::clamp(map_.height - row, beginRow, count);
    int32_t* const lines = work.stage + stageLines * linePitch_;
    for (int64_t i = 0; i < count; ++i) {
      const bool isInside = i >= beginRow && i < endRow;
      work.lines[i] = reinterpret_cast<const float*>(isInside ? lines + i * linePitch_ : work.stage);
    }
    if (beginRow == endRow) return;
    IntegerPairsTask task{};
    task.count = end - begin;
    task.flip = shape_.xType == DataType::uint8 ? 0x80 : 0;
    task.zeros = work.zeros;
    task.before = begin;
    task.after = length - end;
    task.pitch = linePitch_;
    task.fromPitch = map_.width;
    const int64_t at = (row + beginRow) * map_.width + column + begin;
    const auto* const x = static_cast<const uint8_t*>(work.buffers->inputs[0]);
    // Rows from which a vector beyond their last byte is still within x.
    const int64_t left = x + map_.batch * map_.channels * map_.height * map_.width - (second + at);
    const int64_t read = roundUp(task.count, integers_.lanes);
    const int64_t safe = left < read ? 0 : std::min(endRow - beginRow, (left - read) / map_.width + 1);
    task.first = first + at;
    task.second = second + at;
    task.rows = safe;
    task.words = lines + beginRow * linePitch_;
    functions_.pairs(task);
    task.rows = 1;
    for (int64_t i = safe; i < endRow - beginRow; ++i) {
      auto* const copies = reinterpret_cast<uint8_t*>(work.stage + linePitch_);
      std::memcpy(copies, first + at + i * map_.width, static_cast<size_t>(task.count));
      std::memcpy(copies + read, second + at + i * map_.width, static_cast<size_t>(task.count));
      task.first = copies;
      task.second = copies + read;
      task.words = lines + (beginRow + i) * linePitch_;
      functions_.pairs(task);
    }
  }

  /// A micro-kernel's task for part `part` of the output channels at a point, without its tiles.
  IntegerPairTile microTile(const Work& work, int64_t part, int64_t point) const {
    const int64_t pairs = pairsOf(map_), width = plan_.channelParts.size(part) * unit();
    IntegerPairTile tile{};
    const int32_t* const weights = packed() + work.group * groupWords() +
                                   (plan_.channelParts.begin(part) * unit() * points + point * width) * pairs;
    constexpr int64_t wordsAhead = 1024;
    tile.depth = pairs;
    tile.ahead = weights + wordsAhead;
    tile.aheadPitch = width;
    tile.sums = work.products + point * productsPitch_;
    (plan_.byChannels ? tile.columns : tile.rows) = weights;
    (plan_.byChannels ? tile.columnsPitch : tile.rowsPitch) = width;
    return tile;
  }

  void multiplyTileVectors(const Work& work, int64_t part) const {
    const int64_t lanes = integers_.lanes, first = plan_.channelParts.begin(part),
                  count = plan_.channelParts.size(part);
    const int32_t* panel = work.panel;
    alignas(64) int32_t bias[lineFloats];
    for (int64_t p = 0; p < work.vectorParts.parts; ++p) {
      const int64_t vectors = work.vectorParts.size(p), width = vectors * lanes, pitch = panelPitch(vectors);
      for (int64_t point = 0; point < points; ++point, panel += pitch) {
        IntegerPairTile tile = microTile(work, part, point);
        tile.columns = panel;
        tile.columnsPitch = tile.sumsPitch = width;
        functions_.micro[count][vectors](tile);
      }
      for (int64_t i = 0; i < count; ++i) {
        std::fill_n(bias, lanes, work.bias[work.group * biasPitch_ + first + i]);
        functions_.transforms[transforms].output(
            {work.products + i * width, productsPitch_,
             work.tiles + i * tilePixels * tilePitch_ + work.vectorParts.begin(p) * lanes, tilePitch_, vectors, bias,
             0});
      }
    }
    for (int64_t i = 0; i < count; ++i) {
      writePlane(work, first + i, work.tiles + i * tilePixels * tilePitch_, tilePitch_);
    }
  }

  void multiplyChannelVectors(const Work& work, int64_t part) const {
    const int64_t lanes = integers_.lanes, vectors = plan_.channelParts.size(part), width = vectors * lanes;
    const int64_t first = plan_.channelParts.begin(part) * lanes, tileVectors = work.vectorParts.total;
    const Split tileParts = Split::atMost(work.tileCount, plan_.tilePart);
    for (int64_t p = 0; p < tileParts.parts; ++p) {
      const int64_t firstTile = tileParts.begin(p), count = tileParts.size(p);
      for (int64_t point = 0; point < points; ++point) {
        IntegerPairTile tile = microTile(work, part, point);
        tile.rows = work.panel + point * panelPitch(tileVectors) + firstTile;
        tile.rowsPitch = tileVectors * lanes;
        tile.sumsPitch = width;
        functions_.micro[count][vectors](tile);
      }
      for (int64_t i = 0; i < count; ++i) {
        functions_.transforms[transforms].output({work.products + i * width, productsPitch_,
                                                  work.tiles + (firstTile + i) * width, work.tileCount * width, vectors,
                                                  work.bias + work.group * biasPitch_ + first, lanes});
      }
    }
    const int64_t pitch = tilePixels * work.tileCount;
    const int64_t channels = std::min(width, map_.outputsPerGroup() - first);
    for (int64_t channel = 0; channel < channels; channel += lineFloats) {
      const int64_t count = std::min(lineFloats, channels - channel);
      // Only moves words.
      vectors_.product.transpose(reinterpret_cast<const float*>(work.tiles + channel), width, pitch, count,
                                 reinterpret_cast<float*>(work.planes), pitch);
      for (int64_t i = 0; i < count; ++i) {
        writePlane(work, first + channel + i, work.planes + i * pitch, work.tileCount);
      }
    }
  }

  /// Writes an output channel's tiles to y, as far as the map reaches.
  void writePlane(const Work& work, int64_t channel, const int32_t* tiles, int64_t tilePitch) const {
    const int64_t m = work.group * map_.outputsPerGroup() + channel;
    const int64_t firstColumn = work.tile.firstColumn * Edge;
    const int64_t columns = std::min(work.tile.columns * Edge, map_.outputWidth - firstColumn);
    // Only moves words.
    vectors_.winograd[transforms].plane({reinterpret_cast<const float*>(tiles), tilePitch, work.tile.rows,
                                         work.tile.columns, reinterpret_cast<float*>(work.plane), columns});
    const int64_t pixels = map_.outputHeight * map_.outputWidth;
    forImages(plan_.tiles, work.tile, [&](int64_t image, int64_t tileRow, int64_t tileRows, int64_t done) {
      const int64_t row = tileRow * Edge, rows = std::min(tileRows * Edge, map_.outputHeight - row);
      const int32_t* from = work.plane + done * Edge * columns;
      int64_t at = (image * map_.outputs + m) * pixels + row * map_.outputWidth + firstColumn;
      const bool isWhole = columns == map_.outputWidth;
      const int64_t runs = isWhole ? 1 : rows, length = isWhole ? rows * columns : columns;
      for (int64_t r = 0; r < runs; ++r, at += map_.outputWidth, from += columns) {
        integers_.finish(from, length, resultRows(*work.buffers, shape_.result, how_, m, at, pixels));
      }
    });
  }

  IntegerConvolutionShape shape_;
  ConvolutionShape map_;
  IntegerResult how_;
  const VectorTable& vectors_;
  const IntegerFunctions& integers_;
  const IntegerWinogradFunctions& functions_;
  Plan plan_;
  int64_t biasPitch_ = 0, linePitch_ = 0, patchPitch_ = 0, productsPitch_ = 0, tilePitch_ = 0;
  int64_t biasWords_ = 0, stageWords_ = 0, linesWords_ = 0, patchesWords_ = 0, panelWords_ = 0, productsWords_ = 0,
          tilesWords_ = 0, planesWords_ = 0, planeWords_ = 0, scratchWords_ = 0;
  std::shared_ptr<const float[]> weights_;
};

template <int64_t Edge>
bool supports(const OperationView& operation, const KernelContext&) {
  const IntegerConvolutionShape shape = IntegerConvolutionShape::of(operation);
  const Value& w = operation.input(1);
  if (w.storage != Storage::constant || (shape.hasWZeroPoint && operation.input(3).storage != Storage::constant) ||
      operation.output().elements == 0 || !winogradFits(shape.map)) {
    return false;
  }
  const Bytes bytes(w.data, w.type);
  const Bytes zeroPoints(shape.hasWZeroPoint ? operation.input(3).data : nullptr, w.type);
  const int64_t depth = shape.map.channelsPerGroup() * shape.map.window.taps();
  for (int64_t m = 0; m < shape.map.outputs; ++m) {
    if (!integerWinogradFits<Edge>(bytes, m * depth, depth, shape.hasWZeroPoint ? zeroPoints[m] : 0)) return false;
  }
  return true;
}

template <int64_t Edge>
std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<IntegerWinograd<Edge>>(operation, context);
}

template <int64_t Edge>
double estimate(const OperationView& operation, const KernelContext& context) {
  return IntegerWinograd<Edge>::estimate(IntegerConvolutionShape::of(operation).map, context);
}

}  // namespace

const KernelDefinition integerConvolutionWinograd2 = {
    "integerConvolution.winograd2", Opcode::integerConvolution, 6, supports<2>, make<2>, estimate<2>};
const KernelDefinition integerConvolutionWinograd4 = {
    "integerConvolution.winograd4", Opcode::integerConvolution, 6, supports<4>, make<4>, estimate<4>};

}  // namespace gdws
