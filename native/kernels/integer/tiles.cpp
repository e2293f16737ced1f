#include "kernels/integer/tiles.h"

namespace gdws {

IntegerTiles::IntegerTiles(const PixelMap& map, int64_t pixels, const IntegerFunctions& functions, int threads,
                           bool halo)
    : map(map) {
  // Images that fill some vectors are not mixed.
  const int64_t image = map.rows * map.columns;
  acrossImages = map.images > 1 && image < 4 * functions.lanes && image % functions.lanes != 0;
  tiling = chooseTiling(acrossImages ? map : PixelMap{1, map.rows, map.columns}, pixels, functions.lanes,
                        acrossImages ? threads : 1, halo);
}

PixelTile IntegerTiles::tile(int64_t index) const {
  PixelTile tile = tiling.tile(index % tiling.count());
  tile.firstRow += index / tiling.count() * map.rows;
  return tile;
}

}  // namespace gdws
