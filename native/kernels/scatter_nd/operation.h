#pragma once

#include "kernels/gather_nd/tuples.h"
#include "kernels/scatter_elements/update.h"

namespace gdws {

/// A checked `scatterND`: x and y seen as (slices, inner), the indices as positions among the slices, the updates as
/// (tuples, inner). Updates of one slice come one after the other, in the order of the indices.
struct ScatterNDOperation {
  explicit ScatterNDOperation(const OperationView& operation);

  DataType type;
  ScatterUpdate update;
  int64_t elements;  ///< of y
  int64_t inner;
  Tuples tuples;
};

}  // namespace gdws
