#pragma once

#include "kernels/gather/indices.h"
#include "kernels/scatter_elements/update.h"

namespace gdws {

/// A checked `scatterElements`: x and y seen as (outer, n, inner); each index, of the dims of the updates, replaces its
/// own position along the axis; along the others x is at least as long. Updates of one element come one after the
/// other, in the order of the indices.
struct ScatterElementsOperation {
  explicit ScatterElementsOperation(const OperationView& operation);

  /// Where the updates of a line of x along the axis begin, or -1 where it has none. A line is given by its places
  /// among the outer axes and among the inner ones.
  int64_t updatesOf(int64_t outerPlace, int64_t innerPlace) const;

  DataType type;
  ScatterUpdate update;
  int64_t outer;
  int64_t n;
  int64_t inner;
  int64_t updates;                                        ///< of a line
  int64_t updateStep;                                     ///< from one update of a line to the next
  std::vector<int64_t> outerDims, innerDims;              ///< of x
  std::vector<int64_t> updateOuterDims, updateInnerDims;  ///< of the updates
  Indices indices;
};

}  // namespace gdws
