// Depthwise kernels over lines, and the last steps of a result.
#pragma once

#include "kernels/vector/matrix.vector.h"
#include "kernels/vector/product_functions.h"
#include "kernels/vector/vector.h"

namespace gdws {
namespace GDWS_ISA {

/// Result rows one after the other; a row's last vector overlaps the one before it.
struct DenseRows {
  int64_t pitch;

  template <class Compute>
  __attribute__((always_inline)) void forVectors(int64_t columns, Compute compute) const {
    int64_t j = 0;
    for (; j + lanes <= columns; j += lanes) compute(j);
    if (j < columns) compute(columns > lanes ? columns - lanes : 0);
  }
  __attribute__((always_inline)) Vector initial(const float*) const { return Vector{}; }
};

/// Result rows of whole vectors, which are added to.
struct AddedRows {
  int64_t pitch;

  template <class Compute>
  __attribute__((always_inline)) void forVectors(int64_t columns, Compute compute) const {
    for (int64_t j = 0; j < columns; j += lanes) compute(j);
  }
  __attribute__((always_inline)) Vector initial(const float* result) const { return load(result); }
};

/// `Rows` output rows of a 3×3 kernel whose output rows are `Step` taps apart: loaded vectors are used by several rows.
template <int Rows, int Step, class Results>
GDWS_INLINE void rowsOfThree(const DepthwiseTask& task, Results results, int64_t row) {
  constexpr int inputs = (Rows - 1) * Step + 3;
  const int64_t tapPitch = task.taps[3];
  const float* lines = task.lines + row * task.rowPitch;
  float* result = task.result + row * results.pitch;
  Vector weight[9];
#pragma GCC unroll 9
  for (int t = 0; t < 9; ++t) weight[t] = broadcast(task.kernel[t]);
  results.forVectors(
      task.columns, [&](int64_t j) __attribute__((always_inline)) {
        Vector sum[Rows];
#pragma GCC unroll 4
        for (int r = 0; r < Rows; ++r) sum[r] = results.initial(result + r * results.pitch + j);
#pragma GCC unroll 9
        for (int i = 0; i < inputs; ++i) {
#pragma GCC unroll 3
          for (int kw = 0; kw < 3; ++kw) {
            const Vector x = load(lines + i * tapPitch + task.taps[kw] + j);
#pragma GCC unroll 4
            for (int r = 0; r < Rows; ++r) {
              const int kh = i - r * Step;
              if (kh >= 0 && kh < 3) sum[r] += weight[kh * 3 + kw] * x;
            }
          }
        }
#pragma GCC unroll 4
        for (int r = 0; r < Rows; ++r) store(result + r * results.pitch + j, sum[r]);
      });
}

/// `Rows` output rows of any kernel.
template <int Rows, class Results>
GDWS_INLINE void rowsOfAny(const DepthwiseTask& task, Results results, int64_t row) {
  const int64_t taps = task.kernelHeight * task.kernelWidth;
  const float* lines = task.lines + row * task.rowPitch;
  float* result = task.result + row * results.pitch;
  results.forVectors(
      task.columns, [&](int64_t j) __attribute__((always_inline)) {
        Vector sum[Rows];
#pragma GCC unroll 4
        for (int r = 0; r < Rows; ++r) sum[r] = results.initial(result + r * results.pitch + j);
        for (int64_t t = 0; t < taps; ++t) {
          const Vector weight = broadcast(task.kernel[t]);
          const float* x = lines + task.taps[t] + j;
#pragma GCC unroll 4
          for (int r = 0; r < Rows; ++r) sum[r] += weight * load(x + r * task.rowPitch);
        }
#pragma GCC unroll 4
        for (int r = 0; r < Rows; ++r) store(result + r * results.pitch + j, sum[r]);
      });
}

/// Calls compute<Rows>(first row) over all rows, four at a time.
template <class Compute>
GDWS_INLINE void forRowBlocks(const DepthwiseTask& task, Compute compute) {
  int64_t r = 0;
  for (; r + 4 <= task.rows; r += 4) compute.template operator()<4>(r);
  for (; r + 2 <= task.rows; r += 2) compute.template operator()<2>(r);
  if (r < task.rows) compute.template operator()<1>(r);
}

template <class Results>
GDWS_INLINE void depthwiseRows(const DepthwiseTask& task, Results results) {
  const bool three = task.kernelHeight == 3 && task.kernelWidth == 3;
  if (three && task.rowPitch == task.taps[3]) {
    forRowBlocks(task, [&]<int Rows>(int64_t r) { rowsOfThree<Rows, 1>(task, results, r); });
  } else if (three && task.rowPitch == 2 * task.taps[3]) {
    forRowBlocks(task, [&]<int Rows>(int64_t r) { rowsOfThree<Rows, 2>(task, results, r); });
  } else {
    forRowBlocks(task, [&]<int Rows>(int64_t r) { rowsOfAny<Rows>(task, results, r); });
  }
}

static void depthwise(const DepthwiseTask& task) { depthwiseRows(task, DenseRows{task.columns}); }
static void addDepthwise(const AddedDepthwiseTask& task) { depthwiseRows(task.depthwise, AddedRows{task.resultPitch}); }

GDWS_INLINE Vector masked(Vector x, const int32_t* mask) {
  typedef int32_t UnalignedIntVector __attribute__((vector_size(GDWS_VECTOR_BYTES), aligned(4), may_alias));
  return (Vector)((IntVector)x & (IntVector) * reinterpret_cast<const UnalignedIntVector*>(mask));
}

/// The taps of each kernel column apart, so that a mask is needed only once a column.
GDWS_INLINE Vector joinColumns(const Vector* sums, const FlatDepthwiseTask& task, int64_t pixel) {
  const Vector right = task.notLast == nullptr ? sums[2] : masked(sums[2], task.notLast + pixel);
  return sums[1] + masked(sums[0], task.notFirst + pixel) + right;
}

/// Rows of whole vectors at stride 1: `Rows` of them at once, so that loaded vectors are used by several rows.
template <int Rows>
GDWS_INLINE void flatRows(const FlatDepthwiseTask& task, int64_t row, const Vector* weight) {
  for (int64_t j = 0; j < task.columns; j += lanes) {
    Vector sum[Rows][3] = {};
#pragma GCC unroll 8
    for (int i = 0; i < Rows + 2; ++i) {
#pragma GCC unroll 3
      for (int kw = 0; kw < 3; ++kw) {
        const Vector x = load(task.taps[kw] + (row + i) * task.columns + j);
#pragma GCC unroll 4
        for (int r = 0; r < Rows; ++r) {
          const int kh = i - r;
          if (kh >= 0 && kh < 3) sum[r][kw] += weight[kh * 3 + kw] * x;
        }
      }
    }
#pragma GCC unroll 4
    for (int r = 0; r < Rows; ++r) store(task.result + (row + r) * task.columns + j, joinColumns(sum[r], task, j));
  }
}

/// Two kernels need 18 registers for their weights.
inline constexpr int maxFlatKernels = registers == 32 ? 2 : 1;

/// Vector after vector, for rows of any length, from `pixel` on: the kernels share loaded vectors.
template <int Kernels>
GDWS_INLINE void flatVectors(const FlatDepthwiseTask& task, int64_t pixel) {
  Vector weight[Kernels][9];
#pragma GCC unroll 2
  for (int q = 0; q < Kernels; ++q) {
#pragma GCC unroll 9
    for (int t = 0; t < 9; ++t) weight[q][t] = broadcast(task.kernel[q * 9 + t]);
  }
  const int64_t pixels = task.rows * task.columns;
  for (; pixel < pixels; pixel += lanes) {
    Vector sum[Kernels][3] = {};
#pragma GCC unroll 3
    for (int kw = 0; kw < 3; ++kw) {
#pragma GCC unroll 3
      for (int kh = 0; kh < 3; ++kh) {
        const Vector x = load(task.taps[kh * 3 + kw] + pixel);
#pragma GCC unroll 2
        for (int q = 0; q < Kernels; ++q) sum[q][kw] += weight[q][kh * 3 + kw] * x;
      }
    }
#pragma GCC unroll 2
    for (int q = 0; q < Kernels; ++q) {
      store(task.result + q * task.nextResult + pixel, joinColumns(sum[q], task, pixel));
    }
  }
}

static void flatDepthwise(const FlatDepthwiseTask& task) {
  int64_t row = 0;
  if (task.kernels == 1 && task.notLast != nullptr && task.columns % lanes == 0) {
    Vector weight[9];
#pragma GCC unroll 9
    for (int t = 0; t < 9; ++t) weight[t] = broadcast(task.kernel[t]);
    for (; row + 4 <= task.rows; row += 4) flatRows<4>(task, row, weight);
    for (; row + 2 <= task.rows; row += 2) flatRows<2>(task, row, weight);
  }
  if (task.kernels == 1) {
    flatVectors<1>(task, row * task.columns);
  } else {
    flatVectors<maxFlatKernels>(task, 0);
  }
}

static void finish(const FinishTask& task) {
  const Vector bias = broadcast(task.bias), a = broadcast(task.a), b = broadcast(task.b);
  const auto finished = [&](Vector source, Vector residual) __attribute__((always_inline)) {
    return activateVector(source + bias + residual, task.activation, a, b);
  };
  const bool adds = task.residual != nullptr;
  int64_t j = 0;
  for (; j + lanes <= task.count; j += lanes) {
    store(task.result + j, finished(load(task.source + j), adds ? load(task.residual + j) : Vector{}));
  }
  const int64_t left = task.count - j;
  if (left == 0) return;
  const Vector residual = adds ? loadFirst(task.residual + j, left) : Vector{};
  storeFirst(task.result + j, finished(loadFirst(task.source + j, left), residual), left);
}

}  // namespace GDWS_ISA
}  // namespace gdws
