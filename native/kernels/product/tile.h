#pragma once

#include <algorithm>
#include <cstdint>

namespace gdws {

/// The output pixels of a product as a map: all images' rows one below the other.
struct PixelMap {
  int64_t images = 1;
  int64_t rows = 1;  ///< of an image
  int64_t columns = 1;

  int64_t allRows() const { return images * rows; }
  int64_t pixels() const { return images * rows * columns; }
};

/// A rectangle of a pixel map; its pixels are numbered row by row.
struct PixelTile {
  int64_t firstRow, rows;
  int64_t firstColumn, columns;

  int64_t pixels() const { return rows * columns; }
};

/// Calls visit(image, first row in the image, rows, first row in the tile) for each image that a tile touches.
template <class Visit>
void forImages(const PixelMap& map, const PixelTile& tile, Visit visit) {
  int64_t done = 0;
  while (done < tile.rows) {
    const int64_t row = tile.firstRow + done;
    const int64_t count = std::min(tile.rows - done, map.rows - row % map.rows);
    visit(row / map.rows, row % map.rows, count, done);
    done += count;
  }
}

}  // namespace gdws
