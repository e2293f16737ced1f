#include "kernels/product/packed_product.h"

#include <bit>

#include "base/aligned_floats.h"
#include "kernels/activate.h"
#include "kernels/product/channel_teams.h"
#include "kernels/product/rounding.h"
#include "kernels/product/vector_results.h"

namespace gdws {

namespace {

/// How many floats ahead of their use weights are prefetched.
constexpr int64_t streamAhead = 1024;

/// An input of at most this many floats is likely to be in the second-level cache already.
constexpr int64_t cachedInputFloats = 128 * 1024;

}  // namespace

PackedProduct::PackedProduct(const ProductGeometry& geometry, std::unique_ptr<Producer> producer,
                             const WeightMatrix& weights, const std::string& key, KernelContext& context)
    : geometry_(geometry), producer_(std::move(producer)), vectors_(context.vectors) {
  choose(context.threads);
  if (weights.data == nullptr) return;
  std::string packing = key + (alongChannels_ ? " channels" : " pixels");
  for (const int64_t number :
       {geometry_.groups, geometry_.channels, geometry_.depth, channelParts_.parts, depthBlock_}) {
    packing += ' ';
    packing += std::to_string(number);
  }
  weights_ = context.packedWeights.find(packing, [&] { return pack(weights, context); });
}

int64_t PackedProduct::packedChannels() const {
  return alongChannels_ ? channelParts_.total * vectors_.lanes : geometry_.channels;
}

void PackedProduct::choose(int threads) {
  const int64_t lanes = vectors_.lanes;
  constexpr int64_t tilePixels = 256;
  tiling_ = chooseTiling(geometry_.map, tilePixels, lanes, threads, producer_->hasHalo());
  const int64_t pixels = tiling_.largestPixels();
  const int64_t pixelVectors = quotientUp(pixels, lanes);
  const int64_t channelVectors = quotientUp(geometry_.channels, lanes);

  const Blocking byPixels = chooseBlocking(vectors_, geometry_.channels, pixelVectors, geometry_.depth);
  const Blocking byChannels = chooseBlocking(vectors_, pixels, channelVectors, geometry_.depth);
  const auto depth = static_cast<double>(geometry_.depth);
  // Sums of vectors along channels are transposed when they are written, unless each image has one pixel.
  const double transposition =
      geometry_.result.channelPitch == 1 ? 0 : 2.0 * static_cast<double>(pixels * geometry_.channels);
  // A vector of pixels that are not consecutive in y is scattered.
  const bool consecutive = geometry_.result.columnPitch == 1 && geometry_.map.columns * geometry_.map.rows > 1;
  const double scattering = consecutive ? 0 : 2.0 * static_cast<double>(pixels * geometry_.channels);
  const double pixelsCost = byPixels.cyclesPerDepth * depth + scattering;
  const double channelsCost = byChannels.cyclesPerDepth * depth + transposition;
  alongChannels_ = channelsCost < pixelsCost;
  channelParts_ = alongChannels_ ? byChannels.vectors : byPixels.rows;
  pixelPart_ = alongChannels_ ? byChannels.rows.largest() : byPixels.vectors.largest();
  productCycles_ = std::min(pixelsCost, channelsCost);
  producerCycles_ = producer_->cyclesPerDepth(tiling_.rows.largest(), pixelVectors) * depth;

  // The panel that stays in the first-level cache: columns of pixels, or weights.
  const int64_t panelColumns = (alongChannels_ ? channelParts_.largest() : pixelPart_) * lanes;
  depthBlock_ = depthBlock(geometry_.depth, panelColumns);
  if (producer_->depthGrain() <= depthBlock_) depthBlock_ = roundUp(depthBlock_, producer_->depthGrain());
  if (depthBlock_ > 0) depthBlocks_ = quotientUp(geometry_.depth, depthBlock_);

  const int64_t panelRow = (alongChannels_ ? pixels : pixelVectors * lanes) + (producer_->spills() ? lanes : 0);
  // A few pixels, as in a product of a vector by a matrix, lie close together.
  panelPitch_ = panelRow < lineFloats ? panelRow : oddLines(panelRow);
  panelFloats_ = wholeLines(panelPitch_ * depthBlock_ + lanes);
  if (alongChannels_) panelFloats_ = std::max(panelFloats_, wholeLines(lineFloats * pixels));
  if (alongChannels_) {
    sumsPitch_ = oddLines(channelVectors * lanes);
    sumsFloats_ = wholeLines(sumsPitch_ * pixels);
  } else if (depthBlocks_ > 1) {
    sumsPitch_ = oddLines(pixelVectors * lanes);
    sumsFloats_ = wholeLines(sumsPitch_ * geometry_.channels);
  }
  biasFloats_ = wholeLines(geometry_.channels + lanes);
  scratchFloats_ = panelFloats_ + sumsFloats_ + biasFloats_ +
                   wholeLines(producer_->prepare(tiling_.rows.largest(), tiling_.largestColumns()));
}

std::shared_ptr<const float[]> PackedProduct::pack(const WeightMatrix& weights, const KernelContext& context) const {
  const bool consecutive = weights.depthPitch == 1 && weights.channelPitch == geometry_.depth;
  const int64_t floats = packedFloats();
  // Each part is written to all blocks of depth. With huge pages the first part would take the memory of all blocks
  // before any constant is released.
  constexpr int64_t manyFloats = int64_t{1} << 22;
  const bool isReleasable = context.release && consecutive && depthBlocks_ > 1 && floats >= manyFloats;
  const std::shared_ptr<float[]> packed = allocateFloats(floats, isReleasable ? PageSize::small : PageSize::huge);
  const int64_t unit = alongChannels_ ? vectors_.lanes : 1;
  for (int64_t group = 0; group < geometry_.groups; ++group) {
    for (int64_t part = 0; part < channelParts_.parts; ++part) {
      packPart(weights, group, part, packed.get());
      if (!context.release || !consecutive) continue;
      const int64_t first = channelParts_.begin(part) * unit;
      const int64_t count = std::min(channelParts_.size(part) * unit, geometry_.channels - first);
      context.release(weights.data + (group * geometry_.channels + first) * weights.channelPitch,
                      static_cast<size_t>(count * geometry_.depth) * sizeof(float));
    }
  }
  return packed;
}

void PackedProduct::packPart(const WeightMatrix& weights, int64_t group, int64_t part, float* packed) const {
  const int64_t unit = alongChannels_ ? vectors_.lanes : 1, depth = geometry_.depth;
  const int64_t first = channelParts_.begin(part) * unit, width = channelParts_.size(part) * unit;
  const int64_t count = std::min(width, geometry_.channels - first);
  const float* const from = weights.data + (group * geometry_.channels + first) * weights.channelPitch;
  for (int64_t block = 0; block < depthBlocks_; ++block) {
    const int64_t begin = depthBegin(block), end = depthBegin(block + 1);
    float* to = packed + packedChannels() * (group * depth + begin) + first * (end - begin);
    for (int64_t k = begin; k < end; ++k, to += width) {
      for (int64_t i = 0; i < count; ++i) {
        to[i] = weights.scale * from[i * weights.channelPitch + k * weights.depthPitch];
      }
    }
  }
}

int64_t PackedProduct::packedFloats() const { return geometry_.groups * packedChannels() * geometry_.depth; }

void PackedProduct::packInRun(const WeightMatrix& weights, const Team& team, float* packed) const {
  const Range parts = team.share(geometry_.groups * channelParts_.parts);
  for (int64_t part = parts.begin; part < parts.end; ++part) {
    packPart(weights, part / channelParts_.parts, part % channelParts_.parts, packed);
  }
}

void PackedProduct::run(const Buffers& buffers, const ProductOperands& operands, const Team& team,
                        float* scratch) const {
  const int64_t itemCount = geometry_.groups * tiling_.count();
  const int teams = channelTeams(itemCount, channelParts_.parts, {producerCycles_, productCycles_}, team.size);
  const Range items = Team{team.index / teams, team.size / teams}.share(itemCount);
  float* panel = scratch;
  float* sums = panel + panelFloats_;
  float* bias = sums + sumsFloats_;
  float* producerScratch = bias + biasFloats_;

  Work work{};
  work.operands = &operands;
  work.weights = operands.packed == nullptr ? weights_.get() : operands.packed;
  work.parts = Team{team.index % teams, teams}.share(channelParts_.parts);
  work.panel = panel;
  work.sums = sums;
  if (work.parts.begin == work.parts.end) return;
  int64_t biasGroup = -1;
  for (int64_t item = items.begin; item < items.end; ++item) {
    work.group = item / tiling_.count();
    work.tile = tiling_.tile(item % tiling_.count());
    if (operands.bias != nullptr && biasGroup != work.group) {
      biasGroup = work.group;
      for (int64_t i = 0; i < geometry_.channels; ++i) {
        bias[i] = operands.bias[(work.group * geometry_.channels + i) * operands.biasPitch];
      }
      std::fill_n(bias + geometry_.channels, vectors_.lanes, 0.0f);
      work.bias = bias;
    }
    for (int64_t block = 0; block < depthBlocks_; ++block) {
      work.depth = {depthBegin(block), depthBegin(block + 1)};
      work.first = block == 0;
      work.last = block == depthBlocks_ - 1;
      const int64_t pixels = work.tile.pixels(), lanes = vectors_.lanes;
      work.columns = producer_->inPlaceColumns(buffers, work.tile, work.group, work.depth,
                                               alongChannels_ ? pixels : roundUp(pixels, lanes));
      if (work.columns.floats == nullptr) {
        producer_->produce(buffers, work.tile, work.group, work.depth, panel, panelPitch_, producerScratch);
        work.columns = {panel, panelPitch_};
      }
      if (alongChannels_) {
        multiplyChannelVectors(work);
      } else {
        multiplyPixelVectors(work);
      }
    }
    if (alongChannels_) writeChannelVectors(work);
  }
}

void PackedProduct::multiplyPixelVectors(const Work& work) const {
  const int64_t lanes = vectors_.lanes;
  const int64_t depth = work.depth.end - work.depth.begin;
  const int64_t firstChannel = work.group * geometry_.channels;
  const float* weights = work.weights + firstChannel * geometry_.depth + geometry_.channels * work.depth.begin;
  const Split pixelParts = Split::atMost(quotientUp(work.tile.pixels(), lanes), pixelPart_);
  const ProductOperands& operands = *work.operands;

  MicroTile micro{};
  micro.columnsPitch = work.columns.pitch;
  micro.depth = depth;
  micro.activation = work.last ? geometry_.activation.kind : Activation::none;
  micro.a = geometry_.activation.a;
  micro.b = geometry_.activation.b;
  VectorPlace places[ProductFunctions::maxVectors];
  micro.places = places;
  for (int64_t part = 0; part < pixelParts.parts; ++part) {
    const int64_t firstVector = pixelParts.begin(part), vectorCount = pixelParts.size(part);
    const VectorResults results(geometry_.map, geometry_.result, work.tile, firstVector * lanes, vectorCount, lanes);
    micro.columns = work.columns.floats + firstVector * lanes;
    for (int64_t p = work.parts.begin; p < work.parts.end; ++p) {
      const int64_t channel = channelParts_.begin(p), channelCount = channelParts_.size(p);
      const int64_t resultAt = (firstChannel + channel) * geometry_.result.channelPitch;
      alignas(64) float stray[ProductFunctions::maxRows * ProductFunctions::maxVectors * 16];
      const bool residual = work.first && operands.residual != nullptr;
      if (residual && !results.allDirect()) {
        results.gather(operands.residual + resultAt, geometry_.result.channelPitch, channelCount, stray);
      }
      for (int64_t v = 0; v < vectorCount; ++v) {
        VectorPlace& place = places[v];
        float* sums = work.sums + channel * sumsPitch_ + (firstVector + v) * lanes;
        float* strayVector = stray + v * channelCount * lanes;
        if (!work.last) {
          place.result = sums;
          place.resultPitch = sumsPitch_;
        } else if (results.direct(v)) {
          place.result = operands.y + resultAt + results.offset(v);
          place.resultPitch = geometry_.result.channelPitch;
        } else {
          place.result = strayVector;
          place.resultPitch = lanes;
        }
        if (!work.first) {
          place.initial = sums;
          place.initialPitch = sumsPitch_;
        } else if (!residual) {
          place.initial = nullptr;
        } else if (results.direct(v)) {
          place.initial = operands.residual + resultAt + results.offset(v);
          place.initialPitch = geometry_.result.channelPitch;
        } else {
          place.initial = strayVector;
          place.initialPitch = lanes;
        }
      }
      micro.rows = weights + channel * depth;
      micro.rowsPitch = channelCount;
      fetchAhead(work, pixelParts, part, p, micro);
      micro.rowBias = work.first && work.bias != nullptr ? work.bias + channel : nullptr;
      vectors_.product.micro[channelCount][vectorCount](micro);
      if (work.last && !results.allDirect()) {
        results.scatter(stray, operands.y + resultAt, geometry_.result.channelPitch, channelCount);
      }
    }
  }
}

void PackedProduct::fetchAhead(const Work& work, const Split& pixelParts, int64_t part, int64_t channelPart,
                               MicroTile& micro) const {
  // Evenly over the channels: each micro-kernel fetches its share of the rows of the next pixels.
  const int64_t pass = channelPart - work.parts.begin, passes = work.parts.end - work.parts.begin;
  constexpr int64_t maxShift = 3;
  const int64_t shift = std::min<int64_t>(maxShift, std::bit_width(static_cast<uint64_t>(passes)) - 1);
  const bool isLastPart = part + 1 == pixelParts.parts;
  const int64_t pitch = work.columns.pitch;
  const bool isFar = work.columns.floats != work.panel && geometry_.depth * pitch > cachedInputFloats;
  if (!isFar || pass >= int64_t{1} << shift || (isLastPart && work.last)) {
    // A product of no depth has no weights.
    micro.ahead = micro.depth == 0 ? micro.rows : micro.rows + streamAhead;
    micro.aheadPitch = micro.rowsPitch;
    micro.aheadShift = 0;
    return;
  }
  const float* next = isLastPart ? work.columns.floats + micro.depth * pitch
                                 : work.columns.floats + pixelParts.begin(part + 1) * vectors_.lanes;
  micro.ahead = next + pass * (micro.depth >> shift) * pitch;
  micro.aheadPitch = pitch;
  micro.aheadShift = shift;
}

void PackedProduct::multiplyChannelVectors(const Work& work) const {
  const int64_t lanes = vectors_.lanes;
  const int64_t depth = work.depth.end - work.depth.begin;
  const float* weights =
      work.weights + work.group * packedChannels() * geometry_.depth + packedChannels() * work.depth.begin;
  const Split pixelParts = Split::atMost(work.tile.pixels(), pixelPart_);

  MicroTile micro{};
  micro.rowsPitch = work.columns.pitch;
  micro.depth = depth;
  VectorPlace places[ProductFunctions::maxVectors];
  micro.places = places;
  for (int64_t p = work.parts.begin; p < work.parts.end; ++p) {
    const int64_t firstVector = channelParts_.begin(p), vectorCount = channelParts_.size(p);
    micro.columns = weights + firstVector * lanes * depth;
    micro.columnsPitch = vectorCount * lanes;
    const int64_t panelFloats = vectorCount * lanes * depth;
    micro.columnBias = work.first && work.bias != nullptr ? work.bias + firstVector * lanes : nullptr;
    for (int64_t part = 0; part < pixelParts.parts; ++part) {
      const int64_t pixel = pixelParts.begin(part), pixelCount = pixelParts.size(part);
      for (int64_t v = 0; v < vectorCount; ++v) {
        float* sums = work.sums + pixel * sumsPitch_ + (firstVector + v) * lanes;
        places[v] = {sums, sumsPitch_, work.first ? nullptr : sums, sumsPitch_};
      }
      micro.rows = work.columns.floats + pixel;
      // The next panel of weights is prefetched evenly while the pixels are multiplied by this one.
      micro.ahead = micro.columns + panelFloats + part * panelFloats / pixelParts.parts;
      micro.aheadPitch = micro.columnsPitch / pixelParts.parts;
      vectors_.product.micro[pixelCount][vectorCount](micro);
    }
  }
}

void PackedProduct::writeChannelVectors(const Work& work) const {
  const int64_t first = channelParts_.begin(work.parts.begin) * vectors_.lanes;
  const int64_t end = work.parts.end == channelParts_.parts
                          ? geometry_.channels
                          : std::min(geometry_.channels, channelParts_.begin(work.parts.end) * vectors_.lanes);
  const int64_t pixels = work.tile.pixels();
  // From here on y and residual are those of the first channel.
  const int64_t channelAt = (work.group * geometry_.channels + first) * geometry_.result.channelPitch;
  const float* residual = work.operands->residual == nullptr ? nullptr : work.operands->residual + channelAt;
  float* y = work.operands->y + channelAt;
  if (geometry_.result.channelPitch == 1) {
    for (int64_t pixel = 0; pixel < pixels; ++pixel) {
      const int64_t at = geometry_.result.offset(geometry_.map, work.tile, pixel);
      finish(work.sums + pixel * sumsPitch_ + first, residual, y, at, end - first);
    }
    return;
  }
  // A cache line of channels at a time, transposed into the panel, which is not needed any more.
  float* planes = work.panel;
  for (int64_t channel = 0; channel < end - first; channel += lineFloats) {
    const int64_t count = std::min(lineFloats, end - first - channel);
    vectors_.product.transpose(work.sums + first + channel, sumsPitch_, pixels, count, planes, pixels);
    for (int64_t i = 0; i < count; ++i) {
      writePlane(work.tile, planes + i * pixels, residual, y, (channel + i) * geometry_.result.channelPitch);
    }
  }
}

void PackedProduct::writePlane(const PixelTile& tile, const float* sums, const float* residual, float* y,
                               int64_t at) const {
  const ResultMap& result = geometry_.result;
  const bool whole = tile.columns == geometry_.map.columns && result.rowPitch == tile.columns;
  forImages(geometry_.map, tile, [&](int64_t image, int64_t row, int64_t rows, int64_t done) {
    int64_t rowAt =
        at + result.first + image * result.imagePitch + row * result.rowPitch + tile.firstColumn * result.columnPitch;
    const float* source = sums + done * tile.columns;
    if (whole && result.columnPitch == 1) {
      finish(source, residual, y, rowAt, rows * tile.columns);
      return;
    }
    for (int64_t r = 0; r < rows; ++r, rowAt += result.rowPitch, source += tile.columns) {
      if (result.columnPitch == 1) {
        finish(source, residual, y, rowAt, tile.columns);
        continue;
      }
      if (residual == nullptr && geometry_.activation.kind == Activation::none) {
        for (int64_t j = 0; j < tile.columns; ++j) y[rowAt + j * result.columnPitch] = source[j];
        continue;
      }
      for (int64_t j = 0; j < tile.columns; ++j) {
        const int64_t to = rowAt + j * result.columnPitch;
        const float sum = source[j] + (residual == nullptr ? 0.0f : residual[to]);
        y[to] = activate(geometry_.activation, sum);
      }
    }
  });
}

void PackedProduct::finish(const float* sums, const float* residual, float* y, int64_t at, int64_t count) const {
  const FusedActivation& activation = geometry_.activation;
  vectors_.product.finish({sums, 0, residual == nullptr ? nullptr : residual + at, y + at, count, activation.kind,
                           activation.a, activation.b});
}

}  // namespace gdws
