#pragma once

#include "kernels/operands.h"

namespace gdws {

/// A checked `cumulativeSum`: x float32, int64 or int32, seen as (outer, n, inner), y like x: sums along n up to each
/// element, with it or, where exclusive, without; from the end where reverse. Integers wrap.
struct CumulativeSumOperation {
  explicit CumulativeSumOperation(const OperationView& operation);

  DataType type;
  bool exclusive;
  bool reverse;
  int64_t outer;
  int64_t n;
  int64_t inner;
};

}  // namespace gdws
