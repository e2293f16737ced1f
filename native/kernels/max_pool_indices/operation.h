#pragma once

#include "kernels/pooling/window.h"

namespace gdws {

/// A checked `maxPoolIndices`: x (maps,D,H,W), y int64 (maps,OD,OH,OW): where in x the first of the largest elements of
/// each window is, or its last NaN; -1 of a window without taps.
struct MaxPoolIndicesOperation {
  explicit MaxPoolIndicesOperation(const OperationView& operation);

  int64_t elementsOfMap() const { return depth.from * height.from * width.from; }
  /// The number of an element of a map, given by its place in memory: the same, or counted with the first axis
  /// innermost.
  int64_t numberOf(int64_t map, int64_t place) const {
    const int64_t first = map * elementsOfMap();
    if (!columnMajor) return first + place;
    const int64_t column = place % width.from, row = place / width.from % height.from;
    const int64_t slice = place / width.from / height.from;
    return first + (column * height.from + row) * depth.from + slice;
  }

  int64_t maps;  ///< 0 where y has no elements
  PoolAxis depth;
  PoolAxis height;
  PoolAxis width;
  bool columnMajor;
};

}  // namespace gdws
