#pragma once

#include <memory>
#include <string>

#include "kernels/product/blocking.h"
#include "kernels/product/producer.h"
#include "kernels/product/result_map.h"
#include "kernels/product/scratch.h"
#include "kernels/product/tiling.h"
#include "program/fused_activation.h"

namespace gdws {

/// A product of constant weights with columns that a producer makes: for each group of channels,
/// y(channel, pixel) = act(Σ_k weights(channel, k)·columns(k, pixel) + bias(channel) + residual(channel, pixel)).
struct ProductGeometry {
  PixelMap map;
  int64_t groups = 1;
  int64_t channels = 0;  ///< of a group
  int64_t depth = 0;     ///< of a group
  ResultMap result;
  FusedActivation activation;
};

/// Weight (channel, k), channels of all groups numbered through, is scale·data[channel·channelPitch + k·depthPitch].
/// Without data, it is what each run gives.
struct WeightMatrix {
  const float* data;
  int64_t channelPitch;
  int64_t depthPitch;
  float scale = 1;
};

/// What a product adds and where it writes.
struct ProductOperands {
  const float* bias;      ///< null, or one for each channel of all groups
  int64_t biasPitch;      ///< 0 where all channels have the same
  const float* residual;  ///< null, or laid out as y
  float* y;
  const float* packed = nullptr;  ///< weights that the run has packed; else those that were packed before
};

/// The packed matrix product behind convolutions. The depth is cut into blocks, so that a panel of columns stays in the
/// first-level cache while it is multiplied by all the weights; sums of unfinished blocks are kept in scratch memory.
///
/// Vectors run along pixels, or along channels where there are too few pixels to fill vectors.
class PackedProduct {
 public:
  /// `key` identifies the weights among the packed weights of the session.
  PackedProduct(const ProductGeometry& geometry, std::unique_ptr<Producer> producer, const WeightMatrix& weights,
                const std::string& key, KernelContext& context);

  /// Floats of scratch memory for each thread.
  int64_t scratchFloats() const { return scratchFloats_; }
  /// Floats of packed weights.
  int64_t packedFloats() const;
  /// Packs weights that only the run knows, this thread's share of them. All threads must meet before the product runs.
  void packInRun(const WeightMatrix& weights, const Team& team, float* packed) const;
  /// `scratch` is this thread's own, 64-byte aligned.
  void run(const Buffers& buffers, const ProductOperands& operands, const Team& team, float* scratch) const;

 private:
  /// The tile and depth block that one thread computes.
  struct Work {
    const ProductOperands* operands;
    const float* weights;
    PixelTile tile;
    int64_t group;
    Range depth;
    Range parts;      ///< of the split of channels
    Columns columns;  ///< of the tile, for this depth
    float* panel;
    float* sums;
    const float* bias;  ///< of the group's channels, a vector's length of zeros after them
    bool first, last;   ///< of the depth blocks
  };

  void choose(int threads);
  std::shared_ptr<const float[]> pack(const WeightMatrix& weights, const KernelContext& context) const;
  void packPart(const WeightMatrix& weights, int64_t group, int64_t part, float* packed) const;
  int64_t depthBegin(int64_t block) const { return std::min(geometry_.depth, block * depthBlock_); }
  int64_t packedChannels() const;
  void multiplyPixelVectors(const Work& work) const;
  void multiplyChannelVectors(const Work& work) const;
  /// Sets the addresses that the micro-kernel of a part of pixels and of channels prefetches: the next pixels, where
  /// columns are used in place, else the next weights.
  void fetchAhead(const Work& work, const Split& pixelParts, int64_t part, int64_t channelPart, MicroTile& micro) const;
  void writeChannelVectors(const Work& work) const;
  /// Adds the residual to one channel's sums of a tile, applies the activation and writes them to y + at.
  void writePlane(const PixelTile& tile, const float* sums, const float* residual, float* y, int64_t at) const;
  void finish(const float* sums, const float* residual, float* y, int64_t at, int64_t count) const;

  ProductGeometry geometry_;
  std::unique_ptr<Producer> producer_;
  const VectorTable& vectors_;
  Tiling tiling_;
  bool alongChannels_ = false;  ///< vectors run along channels
  Split channelParts_;          ///< of channels, or of vectors of channels
  int64_t pixelPart_ = 1;       ///< the largest number of vectors of pixels, or of pixels, in a micro-kernel
  double productCycles_ = 0;    ///< of a tile, estimated
  double producerCycles_ = 0;
  int64_t depthBlock_ = 0, depthBlocks_ = 1;
  int64_t panelPitch_ = 0, sumsPitch_ = 0;
  int64_t panelFloats_ = 0, sumsFloats_ = 0, biasFloats_ = 0, scratchFloats_ = 0;
  std::shared_ptr<const float[]> weights_;  ///< null where each run packs them
};

}  // namespace gdws
