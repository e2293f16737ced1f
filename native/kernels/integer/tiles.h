#pragma once

#include "kernels/product/tiling.h"
#include "kernels/vector/integer_functions.h"

namespace gdws {

/// The tiles of a product's pixels: rectangles of one image or, where images are small, rows of several.
struct IntegerTiles {
  PixelMap map;
  Tiling tiling;  ///< of an image, or of all
  bool acrossImages = false;

  /// Of about so many pixels.
  IntegerTiles(const PixelMap& map, int64_t pixels, const IntegerFunctions& functions, int threads, bool halo);

  int64_t count() const { return (acrossImages ? 1 : map.images) * tiling.count(); }
  PixelTile tile(int64_t index) const;
  /// Words from a row of a tile to the next.
  int64_t rowPitch() const { return tiling.largestColumns(); }
};

}  // namespace gdws
