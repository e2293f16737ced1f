#pragma once

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

}  // namespace GDWS_ISA
}  // namespace gdws
