// Copying of maps into lines and panels.
#pragma once

#include "kernels/vector/product_functions.h"
#include "kernels/vector/vector.h"

// Elements of a and b, numbered one after the other, chosen by a mask; GCC has Clang's form only from version 12 on.
#if defined(__clang__)
#define GDWS_SHUFFLE(Mask, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define GDWS_SHUFFLE(Mask, a, b, ...) __builtin_shuffle(a, b, Mask{__VA_ARGS__})
#endif

namespace gdws {
namespace GDWS_ISA {

typedef float Quad __attribute__((vector_size(16)));
typedef int32_t IntQuad __attribute__((vector_size(16)));
typedef float UnalignedQuad __attribute__((vector_size(16), aligned(4), may_alias));

GDWS_INLINE Quad loadQuad(const float* source) { return *reinterpret_cast<const UnalignedQuad*>(source); }
GDWS_INLINE void storeQuad(float* result, Quad quad) { *reinterpret_cast<UnalignedQuad*>(result) = quad; }

/// Exactly `count` floats; the last vector overlaps the one before it.
GDWS_INLINE void copyExactly(const float* source, float* result, int64_t count) {
  if (count >= lanes) {
    for (int64_t j = 0; j + lanes <= count; j += lanes) store(result + j, load(source + j));
    store(result + count - lanes, load(source + count - lanes));
  } else if (count >= 4) {
    for (int64_t j = 0; j + 4 <= count; j += 4) storeQuad(result + j, loadQuad(source + j));
    storeQuad(result + count - 4, loadQuad(source + count - 4));
  } else {
    for (int64_t j = 0; j < count; ++j) result[j] = source[j];
  }
}

/// At least `count` floats, and up to a vector more.
GDWS_INLINE void zeroAtLeast(float* result, int64_t count) {
  if (count <= 0) return;
  store(result, Vector{});
  // Paddings are short; compilers make longer loops a call of memset.
  for (int64_t j = lanes; j < count; j += lanes) store(result + j, Vector{});
}

/// The odd elements of two vectors in a row.
GDWS_INLINE Vector oddElements(Vector a, Vector b) {
#if GDWS_VECTOR_BYTES == 64
  return GDWS_SHUFFLE(IntVector, a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
#elif GDWS_VECTOR_BYTES == 32
  return GDWS_SHUFFLE(IntVector, a, b, 1, 3, 5, 7, 9, 11, 13, 15);
#else
  return GDWS_SHUFFLE(IntVector, a, b, 1, 3, 5, 7);
#endif
}

/// The even elements of two vectors in a row.
GDWS_INLINE Vector evenElements(Vector a, Vector b) {
#if GDWS_VECTOR_BYTES == 64
  return GDWS_SHUFFLE(IntVector, a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
#elif GDWS_VECTOR_BYTES == 32
  return GDWS_SHUFFLE(IntVector, a, b, 0, 2, 4, 6, 8, 10, 12, 14);
#else
  return GDWS_SHUFFLE(IntVector, a, b, 0, 2, 4, 6);
#endif
}

/// Even and odd elements of a row apart, whole vectors of both, as long as `readable` floats allow; of each up to a
/// vector more than `count` is overwritten. Returns how many are done. What the same place of the next plane has is
/// fetched.
GDWS_INLINE int64_t splitVectors(const float* source, int64_t nextPlane, int64_t count, int64_t readable, float* even,
                                 float* odd) {
  int64_t j = 0;
  for (; j < count && 2 * (j + lanes) <= readable; j += lanes) {
    const Vector a = load(source + 2 * j), b = load(source + 2 * j + lanes);
    __builtin_prefetch(source + 2 * j + nextPlane);
    __builtin_prefetch(source + 2 * j + nextPlane + lanes);
    store(even + j, evenElements(a, b));
    store(odd + j, oddElements(a, b));
  }
  return j;
}

/// result[j] = source[j·step]. `before` says that source[-1] may be read.
GDWS_INLINE void copyStrided(const float* source, int64_t step, float* result, int64_t count, bool before) {
  int64_t j = 0;
  if (step == 2 && before) {
    for (; j + lanes <= count; j += lanes) {
      store(result + j, oddElements(load(source + 2 * j - 1), load(source + 2 * j - 1 + lanes)));
    }
  } else if (step == 2) {
    // From source[2j - 1] on, which exists from the second element on.
    if (count > 0) result[0] = source[0];
    for (j = 1; j + lanes <= count; j += lanes) {
      store(result + j, oddElements(load(source + 2 * j - 1), load(source + 2 * j - 1 + lanes)));
    }
  }
  if (step == 2 && (before || j > 0)) {
    // The rest of a row, or all of a short one.
    for (; j + 4 <= count; j += 4) {
      storeQuad(result + j,
                GDWS_SHUFFLE(IntQuad, loadQuad(source + 2 * j - 1), loadQuad(source + 2 * j + 3), 1, 3, 5, 7));
    }
  }
  for (; j < count; ++j) result[j] = source[j * step];
}

/// The first j ≥ 0 with first + j·step ≥ bound.
GDWS_INLINE int64_t firstAt(int64_t first, int64_t step, int64_t bound) {
  return first >= bound ? 0 : (bound - first + step - 1) / step;
}

/// The elements of a phase that lie within the map: [from, to).
struct Inside {
  int64_t from, to;
};

GDWS_INLINE Inside insideOf(const LinesTask& task, int64_t column) {
  const int64_t begin = firstAt(column, task.columnStep, 0);
  const int64_t end = firstAt(column, task.columnStep, task.width);
  const int64_t from = begin < task.phaseLength ? begin : task.phaseLength;
  return {from, end < from ? from : end < task.phaseLength ? end : task.phaseLength};
}

/// One phase of all lines. `Stepped` says that the columns have a step.
template <bool Stepped>
GDWS_INLINE void fillPhase(const LinesTask& task, int64_t phase) {
  const int64_t column = task.firstColumn + phase;
  const Inside inside = insideOf(task, column);
  const int64_t count = inside.to - inside.from, first = column + inside.from * task.columnStep;
  const int64_t span = count * task.columnStep;
  for (int64_t r = 0; r < task.rows; ++r) {
    const int64_t row = task.firstRow + r * task.rowStep;
    float* to = task.lines + r * task.linePitch + phase * task.phasePitch;
    if (row < 0 || row >= task.height || count == 0) {
      zeroAtLeast(to, task.phaseLength);
      continue;
    }
    zeroAtLeast(to, inside.from);
    const float* source = task.plane + row * task.width + first;
    // Planes lie far apart, so that the hardware does not prefetch from one to the next.
    for (int64_t j = 0; j < span; j += 16) __builtin_prefetch(source + task.nextPlane + j);
    if constexpr (Stepped) {
      copyStrided(source, task.columnStep, to + inside.from, count, first > 0);
    } else {
      copyExactly(source, to + inside.from, count);
    }
    zeroAtLeast(to + inside.to, task.phaseLength - inside.to);
  }
}

/// Both phases of all lines of step 2 at once: every other element goes to the phase of the first column inside.
GDWS_INLINE void fillPairs(const LinesTask& task) {
  const int64_t skipped = task.firstColumn < 0 ? -task.firstColumn : 0, column = task.firstColumn + skipped;
  const Inside inside[2] = {insideOf(task, task.firstColumn), insideOf(task, task.firstColumn + 1)};
  const int64_t first = skipped % 2, second = 1 - first;
  const int64_t firstCount = inside[first].to - inside[first].from;
  const int64_t secondCount = inside[second].to - inside[second].from;
  const int64_t pairs = firstCount > secondCount ? firstCount : secondCount;
  for (int64_t r = 0; r < task.rows; ++r) {
    const int64_t row = task.firstRow + r * task.rowStep;
    float* const line = task.lines + r * task.linePitch;
    if (row < 0 || row >= task.height) {
      for (int64_t f = 0; f < 2; ++f) zeroAtLeast(line + f * task.phasePitch, task.phaseLength);
      continue;
    }
    for (int64_t f = 0; f < 2; ++f) zeroAtLeast(line + f * task.phasePitch, inside[f].from);
    const float* source = task.plane + row * task.width + column;
    const int64_t readable = (task.height - row) * task.width - column;
    float* const firsts = line + first * task.phasePitch + inside[first].from;
    float* const seconds = line + second * task.phasePitch + inside[second].from;
    const int64_t j = splitVectors(source, task.nextPlane, pairs, readable, firsts, seconds);
    if (j < firstCount) copyStrided(source + 2 * j, 2, firsts + j, firstCount - j, column + j > 0);
    if (j < secondCount) copyStrided(source + 2 * j + 1, 2, seconds + j, secondCount - j, true);
    for (int64_t f = 0; f < 2; ++f) {
      zeroAtLeast(line + f * task.phasePitch + inside[f].to, task.phaseLength - inside[f].to);
    }
  }
}

static void fillLines(const LinesTask& task) {
  if (task.columnStep == 1) {
    fillPhase<false>(task, 0);
  } else if (task.columnStep == 2 && task.phases == 2) {
    fillPairs(task);
  } else {
    for (int64_t phase = 0; phase < task.phases; ++phase) fillPhase<true>(task, phase);
  }
}

static void copyRows(const float* source, int64_t sourcePitch, int64_t rows, int64_t columns, float* result) {
  if (columns <= lanes) {
    for (int64_t r = 0; r < rows; ++r) store(result + r * columns, load(source + r * sourcePitch));
    return;
  }
  for (int64_t r = 0; r < rows; ++r) {
    int64_t j = 0;
    for (; j + lanes <= columns; j += lanes) store(result + j, load(source + j));
    if (j < columns) store(result + columns - lanes, load(source + columns - lanes));
    source += sourcePitch;
    result += columns;
  }
}

static void copy(const float* source, float* result, int64_t count) { copyExactly(source, result, count); }

static void copyFromPlanes(const float* source, int64_t nextPlane, float* result, int64_t count) {
  // Planes lie far apart, where tiles are a part of them, so that the hardware does not prefetch from one to the next.
  for (int64_t j = 0; j < count; j += 16) __builtin_prefetch(source + nextPlane + j);
  copyExactly(source, result, count);
}

static void splitColumns(const float* source, int64_t nextPlane, int64_t count, int64_t readable, float* even,
                         float* odd) {
  for (int64_t j = splitVectors(source, nextPlane, count, readable, even, odd); j < count; ++j) {
    even[j] = source[2 * j];
    odd[j] = source[2 * j + 1];
  }
}

GDWS_INLINE void transposeFour(const float* source, int64_t sourcePitch, float* result, int64_t resultPitch) {
  const Quad a = loadQuad(source), b = loadQuad(source + sourcePitch), c = loadQuad(source + 2 * sourcePitch),
             d = loadQuad(source + 3 * sourcePitch);
  const Quad ab = GDWS_SHUFFLE(IntQuad, a, b, 0, 4, 1, 5), cd = GDWS_SHUFFLE(IntQuad, c, d, 0, 4, 1, 5);
  const Quad ef = GDWS_SHUFFLE(IntQuad, a, b, 2, 6, 3, 7), gh = GDWS_SHUFFLE(IntQuad, c, d, 2, 6, 3, 7);
  storeQuad(result, GDWS_SHUFFLE(IntQuad, ab, cd, 0, 1, 4, 5));
  storeQuad(result + resultPitch, GDWS_SHUFFLE(IntQuad, ab, cd, 2, 3, 6, 7));
  storeQuad(result + 2 * resultPitch, GDWS_SHUFFLE(IntQuad, ef, gh, 0, 1, 4, 5));
  storeQuad(result + 3 * resultPitch, GDWS_SHUFFLE(IntQuad, ef, gh, 2, 3, 6, 7));
}

static void transpose(const float* source, int64_t sourcePitch, int64_t rows, int64_t columns, float* result,
                      int64_t resultPitch) {
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4) {
    int64_t j = 0;
    for (; j + 4 <= columns; j += 4) {
      transposeFour(source + i * sourcePitch + j, sourcePitch, result + j * resultPitch + i, resultPitch);
    }
    for (; j < columns; ++j) {
      for (int64_t r = i; r < i + 4; ++r) result[j * resultPitch + r] = source[r * sourcePitch + j];
    }
  }
  for (; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) result[j * resultPitch + i] = source[i * sourcePitch + j];
  }
}

}  // namespace GDWS_ISA
}  // namespace gdws
