#pragma once

#include "kernels/product/tile.h"

namespace gdws {

/// Where a product's results lie in y, in elements. Within an image, offsets grow with the number of the pixel.
struct ResultMap {
  int64_t imagePitch, channelPitch, rowPitch, columnPitch;
  int64_t first = 0;

  /// Dense planes of a map.
  static ResultMap planes(const PixelMap& map, int64_t channels) {
    const int64_t plane = map.rows * map.columns;
    return {channels * plane, plane, map.columns, 1};
  }

  /// Of pixel `pixel` of a tile, for channel 0.
  int64_t offset(const PixelMap& map, const PixelTile& tile, int64_t pixel) const {
    const int64_t row = tile.firstRow + pixel / tile.columns;
    const int64_t column = tile.firstColumn + pixel % tile.columns;
    return first + row / map.rows * imagePitch + row % map.rows * rowPitch + column * columnPitch;
  }
};

}  // namespace gdws
