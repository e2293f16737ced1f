#include "kernels/winograd/winograd.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/aligned_floats.h"
#include "kernels/product/blocking.h"
#include "kernels/product/channel_teams.h"
#include "kernels/product/estimate.h"
#include "kernels/product/lines.h"
#include "kernels/product/rounding.h"
#include "kernels/product/scratch.h"
#include "kernels/product/tiling.h"
#include "kernels/winograd/kernel_transform.h"

namespace gdws {

namespace {

constexpr int64_t kernelEdge = 3;

/// Winograd's F(m×m, 3×3) of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016): tiles of m × m
/// outputs by (m + 2)² products of their transformed patches with transformed kernels, instead of 9·m².
///
/// Vectors run along tiles. A block of tiles goes through all steps before the next, so that patches, products and
/// results stay in the second-level cache.
template <int64_t Edge>
class Winograd final : public Kernel {
  static constexpr int64_t patchEdge = Edge + kernelEdge - 1;
  static constexpr int64_t points = patchEdge * patchEdge;
  static constexpr int64_t tilePixels = Edge * Edge;

 public:
  Winograd(const ConvolutionShape& shape, size_t weightInputs, const std::string& key, const DenseKernels& kernels,
           KernelContext& context)
      : shape_(shape),
        weightInputs_(weightInputs),
        vectors_(context.vectors),
        functions_(context.vectors.winograd[Edge / 2 - 1]) {
    choose(context.threads);
    std::string packing = "winograd " + key;
    for (const int64_t number :
         {Edge, shape_.groups, shape_.outputsPerGroup(), shape_.channelsPerGroup(), channelParts_.parts}) {
      packing += ' ';
      packing += std::to_string(number);
    }
    weights_ = context.packedWeights.find(packing, [&] { return pack(kernels().get()); });
  }

  static double estimate(const ConvolutionShape& shape, const KernelContext& context) {
    const int64_t lanes = context.vectors.lanes;
    const Tiling tiling = tilingOf(shape, lanes, context.threads);
    const auto vectors = static_cast<double>(tiling.count() * quotientUp(tiling.largestPixels(), lanes));
    const auto inputs = static_cast<double>(shape.channelsPerGroup());
    const auto outputs = static_cast<double>(shape.outputsPerGroup());
    // Measured, of a channel's vector of tiles.
    constexpr double transformCycles = Edge == 4 ? 450 : 127;
    return static_cast<double>(shape.groups) *
           (static_cast<double>(points) * estimateProduct(inputs, outputs, vectors) +
            (inputs + outputs) * vectors * transformCycles);
  }

  int64_t scratchBytes(int threads) const override { return scratchFor(threads, scratchFloats_); }
  bool readsInput(size_t i) const override { return i == 0 || i > weightInputs_; }

  void run(const Buffers& buffers, const Team& team) const override {
    Work work;
    work.buffers = &buffers;
    work.zeros = scratchOf(buffers, team, scratchFloats_);
    std::fill_n(work.zeros, linePitch_, 0.0f);
    work.stage = work.zeros + linePitch_;
    work.lines = reinterpret_cast<const float**>(work.zeros + stageFloats_);
    work.patches = work.zeros + stageFloats_ + linesFloats_;
    work.panel = work.patches + patchesFloats_;
    work.products = work.panel + panelFloats_;
    work.tiles = work.products + productsFloats_;
    work.plane = work.tiles + tilesFloats_;
    const int64_t itemCount = shape_.groups * tiling_.count();
    const int teams = channelTeams(itemCount, channelParts_.parts, {patchesCycles_, productCycles_}, team.size);
    const Range items = Team{team.index / teams, team.size / teams}.share(itemCount);
    const Range parts = Team{team.index % teams, teams}.share(channelParts_.parts);
    if (parts.begin == parts.end) return;
    for (int64_t item = items.begin; item < items.end; ++item) {
      work.group = item / tiling_.count();
      work.tile = tiling_.tile(item % tiling_.count());
      work.vectors = quotientUp(work.tile.pixels(), vectors_.lanes);
      work.pitch = work.vectors * vectors_.lanes;
      work.pointPitch = oddLines(work.pitch * shape_.channelsPerGroup());
      transformPatches(work);
      for (int64_t part = parts.begin; part < parts.end; part += partsTogether_) {
        const Range together{part, std::min(parts.end, part + partsTogether_)};
        multiply(work, together);
        writeOutputs(work, together);
      }
    }
  }

 private:
  /// The block of tiles that one thread computes.
  struct Work {
    const Buffers* buffers;
    int64_t group;
    PixelTile tile;  ///< of the map of tiles
    int64_t vectors, pitch, pointPitch;
    const float** lines;  ///< rows of a channel that the tiles read
    float *zeros, *stage, *patches, *panel, *products, *tiles, *plane;
  };

  static PixelMap mapOf(const ConvolutionShape& shape) {
    return {shape.batch, quotientUp(shape.outputHeight, Edge), quotientUp(shape.outputWidth, Edge)};
  }

  static Tiling tilingOf(const ConvolutionShape& shape, int64_t lanes, int threads) {
    // Transformed patches take half of a second-level cache; fewer tiles would read the weights too often.
    constexpr int64_t cachedFloats = 192 * 1024;
    const int64_t tiles =
        std::clamp(cachedFloats / (points * shape.channelsPerGroup()), std::max<int64_t>(2 * lanes, 16), int64_t{96});
    return chooseTiling(mapOf(shape), tiles, lanes, threads, true);
  }

  void choose(int threads) {
    const int64_t lanes = vectors_.lanes, channels = shape_.channelsPerGroup();
    map_ = mapOf(shape_);
    tiling_ = tilingOf(shape_, lanes, threads);
    const int64_t maxTiles = tiling_.largestPixels(), vectors = quotientUp(maxTiles, lanes);
    const Blocking blocking = chooseBlocking(vectors_, shape_.outputsPerGroup(), vectors, shape_.channelsPerGroup());
    channelParts_ = blocking.rows;
    vectorPart_ = blocking.vectors.largest();
    const int64_t pitch = vectors * lanes;
    constexpr int64_t productFloats = 64 * 1024;
    partsTogether_ = std::max<int64_t>(1, productFloats / (points * pitch * channelParts_.largest()));

    const int64_t tileColumns = tiling_.largestColumns(), tileRows = std::min(tiling_.rows.largest(), map_.rows);
    linePitch_ = oddLines(tileColumns * Edge + kernelEdge - 1 + 3 * lanes);
    const int64_t lines = tileRows * Edge + kernelEdge - 1;
    stageFloats_ = linePitch_ * (1 + lines);
    constexpr int64_t pointerFloats = sizeof(float**) / 4;
    linesFloats_ = oddLines(lines * pointerFloats);
    patchPitch_ = oddLines(pitch + 2 * lanes);
    patchesFloats_ = patchPitch_ * points;
    panelFloats_ = oddLines(pitch * channels) * points;
    productsPitch_ = oddLines(pitch * partsTogether_ * channelParts_.largest());
    productsFloats_ = productsPitch_ * points;
    tilesFloats_ = patchPitch_ * tilePixels;
    planeFloats_ = oddLines(maxTiles * tilePixels + 3 * lanes);
    scratchFloats_ =
        stageFloats_ + linesFloats_ + patchesFloats_ + panelFloats_ + productsFloats_ + tilesFloats_ + planeFloats_;
    const auto perPoint = static_cast<double>(channels) * blocking.cyclesPerDepth;
    productCycles_ = static_cast<double>(points) * perPoint;
    patchesCycles_ = static_cast<double>(channels * vectors * points * 6);
  }

  /// Point by point, part by part of the output channels: channel by channel, the part's outputs.
  std::shared_ptr<const float[]> pack(const float* weights) const {
    const int64_t inputs = shape_.channelsPerGroup(), outputs = shape_.outputsPerGroup();
    const std::shared_ptr<float[]> packed = allocateFloats(shape_.groups * points * inputs * outputs);
    // Rows of the points are far apart, often by a power of two: written one by one, they would drive each other from
    // the caches.
    constexpr int64_t channelsTogether = 16;
    const int64_t pitch = channelsTogether * channelParts_.largest();
    std::vector<float> rows(static_cast<size_t>(points * pitch));
    for (int64_t group = 0; group < shape_.groups; ++group) {
      for (int64_t part = 0; part < channelParts_.parts; ++part) {
        const int64_t first = channelParts_.begin(part), count = channelParts_.size(part);
        const float* const from = weights + (group * outputs + first) * inputs * kernelEdge * kernelEdge;
        float* const to = packed.get() + group * points * inputs * outputs + first * inputs;
        for (int64_t channel = 0; channel < inputs; channel += channelsTogether) {
          const int64_t channels = std::min(channelsTogether, inputs - channel);
          for (int64_t i = 0; i < channels; ++i) {
            transformWinogradKernels(Edge, from + (channel + i) * kernelEdge * kernelEdge,
                                     inputs * kernelEdge * kernelEdge, count, rows.data() + i * count, pitch);
          }
          for (int64_t point = 0; point < points; ++point) {
            std::copy_n(rows.data() + point * pitch, channels * count, to + point * inputs * outputs + channel * count);
          }
        }
      }
    }
    return packed;
  }

  void transformPatches(const Work& work) const {
    const int64_t channels = shape_.channelsPerGroup(), lanes = vectors_.lanes;
    const int64_t height = shape_.height, width = shape_.width;
    const float* const first = work.buffers->floats(0);
    const float* const end = first + shape_.batch * shape_.channels * height * width;
    const int64_t firstColumn = work.tile.firstColumn * Edge - shape_.window.padLeft;
    const int64_t length = work.tile.columns * Edge + kernelEdge - 1;
    WinogradPatchesTask patches;
    patches.lines = work.lines;
    patches.nextPlane = height * width;
    patches.columns = work.tile.columns;
    patches.begin = std::clamp<int64_t>(-firstColumn, 0, length);
    patches.end = std::clamp<int64_t>(width - firstColumn, patches.begin, length);
    patches.patchPitch = patchPitch_;
    for (int64_t channel = 0; channel < channels; ++channel) {
      forImages(map_, work.tile, [&](int64_t image, int64_t tileRow, int64_t tileRows, int64_t done) {
        const float* plane = first + (image * shape_.channels + work.group * channels + channel) * height * width;
        float* stage = work.stage;
        for (int64_t i = 0; i < tileRows * Edge + kernelEdge - 1; ++i) {
          const int64_t row = tileRow * Edge - shape_.window.padTop + i;
          const float* line = plane + row * width + firstColumn;
          if (row < 0 || row >= height) {
            work.lines[i] = work.zeros;
          } else if (line >= first && line + length + 3 * lanes <= end) {
            work.lines[i] = line;
          } else {
            // A read past the row would be outside of the map's memory.
            vectors_.product.copy(line + patches.begin, stage + patches.begin, patches.end - patches.begin);
            work.lines[i] = stage;
            stage += linePitch_;
          }
        }
        patches.rows = tileRows;
        patches.patches = work.patches + done * work.tile.columns;
        functions_.patches(patches);
      });
      functions_.transformInput(
          {work.patches, patchPitch_, work.panel + channel * work.pitch, work.pointPitch, work.vectors});
    }
  }

  /// Products of some parts of the output channels at all points.
  void multiply(const Work& work, const Range& parts) const {
    const int64_t inputs = shape_.channelsPerGroup(), outputs = shape_.outputsPerGroup(), lanes = vectors_.lanes;
    const int64_t firstChannel = channelParts_.begin(parts.begin);
    const Split vectorParts = Split::atMost(work.vectors, vectorPart_);
    constexpr int64_t streamAhead = 1024;
    VectorPlace places[ProductFunctions::maxVectors];
    MicroTile micro{};
    micro.columnsPitch = work.pitch;
    micro.depth = inputs;
    micro.places = places;
    for (int64_t point = 0; point < points; ++point) {
      const float* weights = weights_.get() + (work.group * points + point) * inputs * outputs;
      for (int64_t part = parts.begin; part < parts.end; ++part) {
        const int64_t channel = channelParts_.begin(part), count = channelParts_.size(part);
        float* products = work.products + point * productsPitch_ + (channel - firstChannel) * work.pitch;
        micro.rows = weights + channel * inputs;
        micro.rowsPitch = count;
        micro.ahead = micro.rows + streamAhead;
        micro.aheadPitch = count;
        for (int64_t p = 0; p < vectorParts.parts; ++p) {
          const int64_t first = vectorParts.begin(p), vectors = vectorParts.size(p);
          micro.columns = work.panel + point * work.pointPitch + first * lanes;
          for (int64_t v = 0; v < vectors; ++v) places[v] = {products + (first + v) * lanes, work.pitch, nullptr, 0};
          vectors_.product.micro[count][vectors](micro);
        }
      }
    }
  }

  void writeOutputs(const Work& work, const Range& parts) const {
    const int64_t firstChannel = channelParts_.begin(parts.begin);
    const int64_t endChannel = channelParts_.begin(parts.end - 1) + channelParts_.size(parts.end - 1);
    for (int64_t channel = firstChannel; channel < endChannel; ++channel) {
      functions_.transformOutput({work.products + (channel - firstChannel) * work.pitch, productsPitch_, work.tiles,
                                  patchPitch_, work.vectors});
      functions_.plane(
          {work.tiles, patchPitch_, work.tile.rows, work.tile.columns, work.plane, work.tile.columns * Edge});
      writePlane(work, work.group * shape_.outputsPerGroup() + channel);
    }
  }

  /// Writes the plane of a block's tiles to y, as far as the map reaches.
  void writePlane(const Work& work, int64_t channel) const {
    const float* bias = shape_.addends.bias(*work.buffers);
    const float* residual = shape_.addends.residual(*work.buffers);
    const FusedActivation& activation = shape_.activation;
    const int64_t firstColumn = work.tile.firstColumn * Edge, planeColumns = work.tile.columns * Edge;
    const int64_t columns = std::min(planeColumns, shape_.outputWidth - firstColumn);
    const bool whole = planeColumns == shape_.outputWidth;
    forImages(map_, work.tile, [&](int64_t image, int64_t tileRow, int64_t tileRows, int64_t done) {
      const int64_t row = tileRow * Edge, rows = std::min(tileRows * Edge, shape_.outputHeight - row);
      const float* source = work.plane + done * Edge * planeColumns;
      int64_t at = ((image * shape_.outputs + channel) * shape_.outputHeight + row) * shape_.outputWidth + firstColumn;
      const int64_t runs = whole ? 1 : rows, length = whole ? rows * columns : columns;
      for (int64_t r = 0; r < runs; ++r, at += shape_.outputWidth, source += planeColumns) {
        vectors_.product.finish({source, bias == nullptr ? 0 : bias[channel],
                                 residual == nullptr ? nullptr : residual + at, work.buffers->result() + at, length,
                                 activation.kind, activation.a, activation.b});
      }
    });
  }

  ConvolutionShape shape_;
  size_t weightInputs_;
  const VectorTable& vectors_;
  const WinogradFunctions& functions_;
  PixelMap map_;  ///< of tiles
  Tiling tiling_;
  Split channelParts_;
  int64_t vectorPart_ = 1;     ///< the largest number of vectors of tiles in a micro-kernel
  int64_t partsTogether_ = 1;  ///< parts of the output channels that are multiplied before they are transformed
  int64_t linePitch_ = 0, patchPitch_ = 0, productsPitch_ = 0;
  int64_t stageFloats_ = 0, linesFloats_ = 0, patchesFloats_ = 0, panelFloats_ = 0, productsFloats_ = 0,
          tilesFloats_ = 0;
  int64_t planeFloats_ = 0, scratchFloats_ = 0;
  double productCycles_ = 0, patchesCycles_ = 0;  ///< of a block, estimated
  std::shared_ptr<const float[]> weights_;
};

}  // namespace

bool winogradFits(const ConvolutionShape& shape) {
  const Window& window = shape.window;
  return shape.channelsPerGroup() > 0 && window.kernelHeight == kernelEdge && window.kernelWidth == kernelEdge &&
         window.strideHeight == 1 && window.strideWidth == 1 && window.dilationHeight == 1 && window.dilationWidth == 1;
}

double estimateWinograd(int64_t edge, const ConvolutionShape& shape, const KernelContext& context) {
  return edge == 2 ? Winograd<2>::estimate(shape, context) : Winograd<4>::estimate(shape, context);
}

std::unique_ptr<Kernel> makeWinograd(int64_t edge, const ConvolutionShape& shape, size_t weightInputs,
                                     const std::string& key, const DenseKernels& kernels, KernelContext& context) {
  if (edge == 2) return std::make_unique<Winograd<2>>(shape, weightInputs, key, kernels, context);
  return std::make_unique<Winograd<4>>(shape, weightInputs, key, kernels, context);
}

}  // namespace gdws
