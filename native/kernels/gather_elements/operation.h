#pragma once

#include "kernels/broadcast.h"
#include "kernels/gather/indices.h"

namespace gdws {

/// A checked `gatherElements`: y has the dims of the indices, of which each replaces its own position along the axis;
/// along the others x is at least as long.
struct GatherElementsOperation {
  explicit GatherElementsOperation(const OperationView& operation);

  int64_t step;  ///< elements of x from one index to the next
  size_t elementBytes;
  StridedLoop loop;  ///< over y; operand 0 is where x begins along the axis
  Indices indices;
};

}  // namespace gdws
