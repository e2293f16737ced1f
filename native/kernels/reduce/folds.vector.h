// Folds of rows: a row to one number, or row after row into one.
#pragma once

#include "kernels/binary/functions.vector.h"
#include "kernels/vector/elementwise_functions.h"
#include "kernels/vector/map.vector.h"
#include "kernels/vector/mathematics.vector.h"

namespace gdws {
namespace GDWS_ISA {

/// Elements whose sum is kept in single precision.
inline constexpr int64_t sumBlock = 4096;

constexpr float startOf(Fold fold) {
  return fold == Fold::max ? -infinity : fold == Fold::min ? infinity : fold == Fold::product ? 1.0f : 0.0f;
}

/// Folds one more element.
template <Fold fold>
GDWS_INLINE Vector folded(Vector sofar, Vector x) {
  if constexpr (fold == Fold::sum) return sofar + x;
  if constexpr (fold == Fold::sumSquare) return x * x + sofar;
  if constexpr (fold == Fold::sumAbsolute) return sofar + absolute(x);
  if constexpr (fold == Fold::max) return maximumOrNaN(sofar, x);
  if constexpr (fold == Fold::min) return minimumOrNaN(sofar, x);
  return sofar * x;
}

/// The fold that joins two results.
template <Fold fold>
inline constexpr Fold joining = fold == Fold::sumSquare || fold == Fold::sumAbsolute ? Fold::sum : fold;

/// max, min, sum or product of two numbers.
template <Fold fold>
GDWS_INLINE float folded(float a, float b) {
  if constexpr (fold == Fold::max) return a > b || a != a ? a : b;
  if constexpr (fold == Fold::min) return a < b || a != a ? a : b;
  if constexpr (fold == Fold::product) return a * b;
  return a + b;
}

template <Fold fold>
GDWS_INLINE float acrossLanes(Vector v) {
  float elements[lanes];
  store(elements, v);
  for (int width = lanes / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; ++i) elements[i] = folded<joining<fold>>(elements[i], elements[i + width]);
  }
  return elements[0];
}

/// Folds f(x[i]…) with four accumulators, so that the processor need not wait for each result.
template <Fold fold, class Function>
GDWS_INLINE float foldBlock(const float* x, int64_t count, Function f) {
  const Vector start = broadcast(startOf(fold));
  Vector sums[4] = {start, start, start, start};
  int64_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) sums[k] = folded<fold>(sums[k], f(load(x + i + k * lanes)));
  }
  for (; i + lanes <= count; i += lanes) sums[0] = folded<fold>(sums[0], f(load(x + i)));
  Vector total =
      folded<joining<fold>>(folded<joining<fold>>(sums[0], sums[1]), folded<joining<fold>>(sums[2], sums[3]));
  if (i < count) {
    const Vector end = folded<fold>(start, f(loadFirst(x + i, count - i)));
    total = folded<joining<fold>>(total, laneNumbers() < static_cast<int32_t>(count - i) ? end : start);
  }
  return acrossLanes<fold>(total);
}

/// The sum of f(x[i]), block by block.
template <Fold fold, class Function>
GDWS_INLINE double sumBlocks(const float* x, int64_t count, Function f) {
  double total = 0;
  for (int64_t i = 0; i < count; i += sumBlock) {
    total += static_cast<double>(foldBlock<fold>(x + i, count - i < sumBlock ? count - i : sumBlock, f));
  }
  return total;
}

template <Fold fold>
double foldRow(const float* x, int64_t count) {
  const auto same = [](Vector v) { return v; };
  if constexpr (fold == Fold::sum || fold == Fold::sumSquare || fold == Fold::sumAbsolute) {
    return sumBlocks<fold>(x, count, same);
  }
  return static_cast<double>(foldBlock<fold>(x, count, same));
}

template <Fold fold>
void foldInto(const float* x, float* result, int64_t count) {
  mapRow(
      result, count, [](Vector sofar, Vector v) { return folded<fold>(sofar, v); }, static_cast<const float*>(result),
      x);
}

template <Fold fold>
void foldPairs(const float* x, float* y, int64_t rows, int64_t length) {
  for (int64_t r = 0; r < rows; ++r, x += 2 * length, y += length) {
    int64_t j = 0;
    for (; j + lanes <= length; j += lanes) store(y + j, folded<fold>(load(x + j), load(x + length + j)));
    if (j == length) continue;
    store(y + j, folded<fold>(loadFirst(x + j, length - j), loadFirst(x + length + j, length - j)));
  }
}

}  // namespace GDWS_ISA
}  // namespace gdws
