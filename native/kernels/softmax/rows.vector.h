#pragma once

#include "kernels/reduce/folds.vector.h"

namespace gdws {
namespace GDWS_ISA {

static double exponentialsOfRow(const float* x, float* y, int64_t count, float maximum) {
  const auto f = [=](Vector v) { return exponential(v - maximum); };
  if (y == nullptr) return sumBlocks<Fold::sum>(x, count, f);
  double total = 0;
  for (int64_t i = 0; i < count; i += sumBlock) {
    const int64_t block = count - i < sumBlock ? count - i : sumBlock;
    mapRow(y + i, block, f, x + i);
    total += static_cast<double>(foldBlock<Fold::sum>(y + i, block, [](Vector v) { return v; }));
  }
  return total;
}

static void exponentialsInto(const float* x, const float* maximum, float* y, float* sums, int64_t count) {
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const Vector e = exponential(load(x + i) - load(maximum + i));
    if (y != nullptr) store(y + i, e);
    store(sums + i, load(sums + i) + e);
  }
  if (i == count) return;
  const int64_t rest = count - i;
  const Vector e = exponential(loadFirst(x + i, rest) - loadFirst(maximum + i, rest));
  if (y != nullptr) storeFirst(y + i, e, rest);
  storeFirst(sums + i, loadFirst(sums + i, rest) + e, rest);
}

}  // namespace GDWS_ISA
}  // namespace gdws
