#pragma once

#include "kernels/product/split.h"
#include "kernels/vector/table.h"

namespace gdws {

/// How a matrix product's rows and vectors of columns are divided among micro-kernels.
struct Blocking {
  Split rows;
  Split vectors;
  double cyclesPerDepth = 0;  ///< estimated, for one step of depth over the whole product
};

/// Steps of depth after which sums leave the registers, so that a panel of `columns` columns stays in the first-level
/// cache until then.
int64_t depthBlock(int64_t depth, int64_t columns);

/// The division with the lowest estimate for a product of this depth. Groups of `together` vectors are not divided:
/// `vectorCount`, and the vectors of the result, count such groups.
Blocking chooseBlocking(const VectorTable& vectors, int64_t rowCount, int64_t vectorCount, int64_t depth,
                        int64_t together = 1);

}  // namespace gdws
