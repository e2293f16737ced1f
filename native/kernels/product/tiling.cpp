#include "kernels/product/tiling.h"

#include <cmath>

#include "kernels/product/rounding.h"

namespace gdws {

namespace {

/// The number of vectors that the busiest thread computes, with a small addition for each row and each tile.
double cost(const Tiling& tiling, int64_t lanes, int threads, bool halo) {
  const auto tiles = static_cast<double>(tiling.count());
  const double vectors = std::ceil(static_cast<double>(tiling.largestPixels()) / static_cast<double>(lanes));
  const double perTile = vectors * (1 + (halo ? 0.1 / static_cast<double>(tiling.rows.largest()) : 0)) + 0.25;
  // If tiles are few, the threads divide the output channels instead.
  const double rounds = tiles >= threads ? std::ceil(tiles / threads) : tiles / threads;
  return rounds * perTile;
}

}  // namespace

Tiling chooseTiling(const PixelMap& map, int64_t pixels, int64_t lanes, int threads, bool halo) {
  Tiling best;
  best.mapColumns = map.columns;
  best.columns = {map.columns, 1};
  // Short rows stay whole; long ones are cut at multiples of a vector.
  const int64_t wanted = std::max(lanes, (halo ? pixels / 4 : pixels) / lanes * lanes);
  if (map.columns > wanted + wanted / 2) {
    best.columnGrain = lanes;
    best.columns = Split::atMost(quotientUp(map.columns, lanes), wanted / lanes);
  }
  const int64_t max = std::max<int64_t>(1, std::min(pixels / best.largestColumns(), map.allRows()));
  double bestCost = 0;
  Tiling tried = best;
  for (int64_t r = max; r >= std::max<int64_t>(1, max / 2); --r) {
    tried.rows = Split::atMost(map.allRows(), r);
    const double estimate = cost(tried, lanes, threads, halo);
    if (bestCost == 0 || estimate < bestCost) {
      bestCost = estimate;
      best = tried;
    }
  }
  return best;
}

}  // namespace gdws
