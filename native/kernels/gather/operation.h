#pragma once

#include "kernels/gather/indices.h"

namespace gdws {

/// A checked `gather`: x seen as (outer, n, inner), y as (outer, indices, inner).
struct GatherOperation {
  explicit GatherOperation(const OperationView& operation);

  int64_t outer;
  int64_t n;
  int64_t inner;
  size_t elementBytes;
  Indices indices;
};

}  // namespace gdws
