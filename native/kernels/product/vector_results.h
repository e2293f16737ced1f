#pragma once

#include "kernels/product/result_map.h"
#include "kernels/vector/table.h"

namespace gdws {

/// Where some consecutive vectors of a tile's pixels lie in y. A vector is direct where its pixels are consecutive
/// there; others are copied through stray memory, laid out (vector, channel, lane).
class VectorResults {
 public:
  VectorResults(const PixelMap& map, const ResultMap& result, const PixelTile& tile, int64_t firstPixel, int64_t count,
                int64_t lanes)
      : count_(count), lanes_(lanes) {
    for (int64_t v = 0; v < count; ++v) {
      const int64_t pixel = firstPixel + v * lanes;
      const int64_t valid = std::min(lanes, tile.pixels() - pixel);
      offsets_[v] = result.offset(map, tile, pixel);
      valid_[v] = valid;
      direct_[v] = valid == lanes && result.columnPitch == 1 &&
                   result.offset(map, tile, pixel + lanes - 1) == offsets_[v] + lanes - 1;
      allDirect_ &= direct_[v];
      if (direct_[v]) continue;
      for (int64_t l = 0; l < valid; ++l) laneOffsets_[v][l] = result.offset(map, tile, pixel + l);
    }
  }

  bool allDirect() const { return allDirect_; }
  bool direct(int64_t v) const { return direct_[v]; }
  /// Of a direct vector's first pixel, for channel 0.
  int64_t offset(int64_t v) const { return offsets_[v]; }

  /// Fills the stray memory of the indirect vectors, for `channels` channels from `from` on.
  void gather(const float* from, int64_t channelPitch, int64_t channels, float* stray) const {
    visit(channelPitch, channels, [&](int64_t at, int64_t strayAt) { stray[strayAt] = from[at]; });
  }
  void scatter(const float* stray, float* to, int64_t channelPitch, int64_t channels) const {
    visit(channelPitch, channels, [&](int64_t at, int64_t strayAt) { to[at] = stray[strayAt]; });
  }

 private:
  static constexpr int64_t maxLanes = 16;

  template <class Move>
  void visit(int64_t channelPitch, int64_t channels, Move move) const {
    for (int64_t v = 0; v < count_; ++v) {
      if (direct_[v]) continue;
      for (int64_t i = 0; i < channels; ++i) {
        for (int64_t l = 0; l < valid_[v]; ++l) {
          move(i * channelPitch + laneOffsets_[v][l], (v * channels + i) * lanes_ + l);
        }
      }
    }
  }

  int64_t count_, lanes_;
  bool allDirect_ = true;
  bool direct_[ProductFunctions::maxVectors];
  int64_t offsets_[ProductFunctions::maxVectors];
  int64_t valid_[ProductFunctions::maxVectors];
  int64_t laneOffsets_[ProductFunctions::maxVectors][maxLanes];
};

}  // namespace gdws
