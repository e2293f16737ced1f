#pragma once

#include "kernels/product/split.h"
#include "kernels/product/tile.h"

namespace gdws {

/// A pixel map cut into tiles.
struct Tiling {
  Split rows;
  Split columns;  ///< in units of `columnGrain`
  int64_t columnGrain = 1;
  int64_t mapColumns = 0;

  int64_t count() const { return rows.parts * columns.parts; }
  int64_t largestColumns() const { return std::min(columns.largest() * columnGrain, mapColumns); }
  int64_t largestPixels() const { return rows.largest() * largestColumns(); }
  PixelTile tile(int64_t index) const {
    const int64_t row = index / columns.parts, column = index % columns.parts;
    const int64_t first = columns.begin(column) * columnGrain;
    return {rows.begin(row), rows.size(row), first, std::min(columns.size(column) * columnGrain, mapColumns - first)};
  }
};

/// Cuts `map` into tiles of about `pixels` pixels, whose last vectors are nearly full and which are divided evenly
/// among the threads. `halo` says that neighbouring rows read the same input, so that square tiles are better than flat
/// ones.
Tiling chooseTiling(const PixelMap& map, int64_t pixels, int64_t lanes, int threads, bool halo);

}  // namespace gdws
