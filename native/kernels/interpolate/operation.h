#pragma once

#include "kernels/gather/indices.h"

namespace gdws {

/// A checked `interpolate`: x seen as (outer, n, inner), y as (outer, out, inner); index and weight (out, taps).
struct InterpolateOperation {
  explicit InterpolateOperation(const OperationView& operation);

  int64_t outer;
  int64_t n;
  int64_t inner;
  int64_t out;
  int64_t taps;
  Indices indices;
};

}  // namespace gdws
