#pragma once

#include "kernels/gather_nd/tuples.h"

namespace gdws {

/// A checked `gatherND`: x seen as (batches, slices, inner), the indices as (batches, tuples) positions among the
/// slices, y as (batches, tuples, inner).
struct GatherNDOperation {
  explicit GatherNDOperation(const OperationView& operation);

  /// The element of x where result slice `item` of all batches begins.
  int64_t sourceOf(const void* indices, int64_t item) const {
    return (item / perBatch * slices + tuples.at(indices, item)) * inner;
  }

  int64_t items;  ///< batches times tuples; 0 where y is empty
  int64_t perBatch;
  int64_t slices;
  int64_t inner;
  size_t elementBytes;
  Tuples tuples;
};

}  // namespace gdws
