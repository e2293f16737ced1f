#include "kernels/integer/tiles.h"

#include <algorithm>

#include "kernels/product/rounding.h"

namespace gdws {

IntegerTiles::IntegerTiles(const PixelMap& map, int64_t pixels, const IntegerFunctions& functions, int threads,
                           bool halo)
    : map(map) {
  // Weights are read once for several images that fill few vectors.
  constexpr int64_t fewPixels = 64;
  acrossImages = map.images > 1 && map.rows * map.columns < fewPixels;
  // Each thread has pixels of its own, unless they are few.
  const int64_t most = std::min(pixels, std::max(fewPixels, quotientUp(map.pixels(), threads)));
  tiling = chooseTiling(acrossImages ? map : PixelMap{1, map.rows, map.columns}, most, functions.lanes,
                        acrossImages || map.images == 1 ? threads : 1, halo);
}

PixelTile IntegerTiles::tile(int64_t index) const {
  PixelTile tile = tiling.tile(index % tiling.count());
  tile.firstRow += index / tiling.count() * map.rows;
  return tile;
}

}  // namespace gdws
