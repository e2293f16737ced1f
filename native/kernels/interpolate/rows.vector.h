#pragma once

#include "kernels/vector/elementwise_functions.h"
#include "kernels/vector/map.vector.h"

namespace gdws {
namespace GDWS_ISA {

static void combineRows(const float* const* rows, const float* weights, int64_t taps, float* y, int64_t count) {
  if (taps == 2) {
    const float first = weights[0];
    const float second = weights[1];
    return mapRow(
        y, count, [=](Vector a, Vector b) { return a * first + b * second; }, rows[0], rows[1]);
  }
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    Vector sum = {};
    for (int64_t t = 0; t < taps; ++t) sum += load(rows[t] + i) * weights[t];
    store(y + i, sum);
  }
  if (i == count) return;
  Vector sum = {};
  for (int64_t t = 0; t < taps; ++t) sum += loadFirst(rows[t] + i, count - i) * weights[t];
  storeFirst(y + i, sum, count - i);
}

/// The lanes of v in another order.
GDWS_INLINE Vector permuted(Vector v, IntVector order) {
#if defined(__clang__)
  Vector result;
  for (int i = 0; i < lanes; ++i) result[i] = v[order[i]];
  return result;
#else
  return __builtin_shuffle(v, order);
#endif
}

static void interpolateLine(const float* x, const LineTaps& line, float* y) {
  const int32_t* first = line.first;
  const float* order = reinterpret_cast<const float*>(line.lanes);
  const float* weights = line.weights;
  for (int64_t i = 0; i < line.count; i += lanes) {
    Vector sum = {};
    for (int64_t t = 0; t < line.taps; ++t) {
      sum += permuted(load(x + *first), reinterpret_cast<IntVector>(load(order))) * load(weights);
      ++first;
      order += lanes;
      weights += lanes;
    }
    if (line.count - i >= lanes) {
      store(y + i, sum);
    } else {
      storeFirst(y + i, sum, line.count - i);
    }
  }
}

}  // namespace GDWS_ISA
}  // namespace gdws
