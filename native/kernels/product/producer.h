#pragma once

#include <cstddef>

#include "kernels/kernel.h"
#include "kernels/product/tile.h"

namespace gdws {

/// Rows of columns, one for each step of depth: row k from `floats` + k·pitch on.
struct Columns {
  const float* floats;
  int64_t pitch;
};

/// Makes the columns of a product, a tile of pixels at a time: the panel that the micro-kernels multiply by.
class Producer {
 public:
  virtual ~Producer() = default;
  /// Floats of scratch memory that a thread needs for tiles of at most this size. Called once, before any produce().
  virtual int64_t prepare(int64_t rows, int64_t columns) = 0;
  /// Writes rows `depth` of `group` for the pixels of a tile: row k to panel + (k - depth.begin)·pitch.
  virtual void produce(const Buffers& buffers, const PixelTile& tile, int64_t group, const Range& depth, float* panel,
                       int64_t pitch, float* scratch) const = 0;
  /// The columns that produce() would write, where they are in memory already and `floats` floats of each row can be
  /// read; else null floats.
  virtual Columns inPlaceColumns(const Buffers& /*buffers*/, const PixelTile& /*tile*/, int64_t /*group*/,
                                 const Range& /*depth*/, int64_t /*floats*/) const {
    return {nullptr, 0};
  }
  /// Whether up to a vector more may be overwritten after each row, for which the pitch then leaves room.
  virtual bool spills() const = 0;
  /// Rows of depth that are best produced together.
  virtual int64_t depthGrain() const { return 1; }
  /// Estimated cycles of one row of depth for `vectors` vectors in `rows` rows.
  virtual double cyclesPerDepth(int64_t rows, int64_t vectors) const = 0;
  /// Whether neighbouring output rows read the same input rows.
  virtual bool hasHalo() const = 0;
};

}  // namespace gdws
