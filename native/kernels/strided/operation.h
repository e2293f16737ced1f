#pragma once

#include "kernels/broadcast.h"
#include "kernels/operands.h"

namespace gdws {

/// A checked `strided`: every element that y takes lies within x.
struct StridedOperation {
  explicit StridedOperation(const OperationView& operation);

  int64_t offset;
  size_t elementBytes;
  StridedLoop loop;  ///< over y; operand 0 is x from `offset` on
};

}  // namespace gdws
