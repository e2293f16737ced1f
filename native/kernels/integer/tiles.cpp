#include "kernels/integer/tiles.h"

namespace gdws {

IntegerTiles::IntegerTiles(const PixelMap& map, int64_t pixels, const IntegerFunctions& functions, int threads,
                           bool halo)
    : map(map) {
  // Weights are read once for several images that fill few vectors.
  constexpr int64_t fewPixels = 64;
  acrossImages = map.images > 1 && map.rows * map.columns < fewPixels;
  tiling = chooseTiling(acrossImages ? map : PixelMap{1, map.rows, map.columns}, pixels, functions.lanes,
                        acrossImages || map.images == 1 ? threads : 1, halo);
}

PixelTile IntegerTiles::tile(int64_t index) const {
  PixelTile tile = tiling.tile(index % tiling.count());
  tile.firstRow += index / tiling.count() * map.rows;
  return tile;
}

}  // namespace gdws
