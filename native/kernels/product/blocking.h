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

/// The division that the estimate likes best.
Blocking chooseBlocking(const VectorTable& vectors, int64_t rowCount, int64_t vectorCount);

}  // namespace gdws
