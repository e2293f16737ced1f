// Winograd transforms on vectors of tiles, for the points of winograd_points.h. Σ and Π below run over the pairs ±p.
#pragma once

#include "kernels/vector/lines.vector.h"
#include "kernels/vector/vector.h"
#include "kernels/vector/winograd_functions.h"
#include "kernels/winograd/points.h"

namespace gdws {
namespace GDWS_ISA {

/// Coefficients in z = x² of Π (z - p²), without pair `Left` (-1: with all): element j belongs to z^j.
template <int Pairs, int Left>
struct WinogradPolynomial {
  float coefficients[Pairs + 1] = {};

  constexpr WinogradPolynomial() {
    double product[Pairs + 2] = {1};
    int degree = 0;
    for (int i = 0; i < Pairs; ++i) {
      if (i == Left) continue;
      const double square = WinogradPoints<Pairs>::pairs[i] * WinogradPoints<Pairs>::pairs[i];
      ++degree;
      for (int j = degree; j > 0; --j) product[j] = product[j - 1] - square * product[j];
      product[0] *= -square;
    }
    for (int j = 0; j <= Pairs; ++j) coefficients[j] = static_cast<float>(product[j]);
  }
};

/// Σ_j coefficient_j·values[2j + first], the polynomial's leading coefficient being 1.
template <int Pairs, int Left>
GDWS_INLINE Vector evaluatePolynomial(const Vector* values, int first) {
  constexpr WinogradPolynomial<Pairs, Left> polynomial;
  constexpr int degree = Left < 0 ? Pairs : Pairs - 1;
  Vector sum = values[2 * degree + first];
#pragma GCC unroll 4
  for (int j = 0; j < degree; ++j) sum += broadcast(polynomial.coefficients[j]) * values[2 * j + first];
  return sum;
}

/// The two rows of Bᵀ of one pair ±p: x(x ± p)·Π_{q≠p}(x² - q²).
template <int Pairs, int Pair>
GDWS_INLINE void inputPair(const Vector* d, Vector* result) {
  const Vector even = evaluatePolynomial<Pairs, Pair>(d, 2), odd = evaluatePolynomial<Pairs, Pair>(d, 1);
  const Vector p = broadcast(static_cast<float>(WinogradPoints<Pairs>::pairs[Pair]));
  result[1 + 2 * Pair] = even + p * odd;
  result[2 + 2 * Pair] = even - p * odd;
  if constexpr (Pair + 1 < Pairs) inputPair<Pairs, Pair + 1>(d, result);
}

/// Bᵀ·d.
template <int Pairs>
GDWS_INLINE void inputVector(const Vector* d, Vector* result) {
  result[0] = evaluatePolynomial<Pairs, -1>(d, 0);
  inputPair<Pairs, 0>(d, result);
  result[2 * Pairs + 1] = evaluatePolynomial<Pairs, -1>(d, 1);
}

/// Adds p^k·(y(p) ± y(-p)) to result k, from k = 0 on.
template <int Pairs, int Pair>
GDWS_INLINE void outputPair(const Vector* y, Vector* result) {
  const Vector sum = y[1 + 2 * Pair] + y[2 + 2 * Pair], difference = y[1 + 2 * Pair] - y[2 + 2 * Pair];
  constexpr double p = WinogradPoints<Pairs>::pairs[Pair];
  double power = 1;
#pragma GCC unroll 8
  for (int k = 0; k < 2 * Pairs; ++k, power *= p) {
    const Vector term = k % 2 == 0 ? sum : difference;
    if (Pair == 0 && k > 0) {
      result[k] = broadcast(static_cast<float>(power)) * term;
    } else {
      result[k] += broadcast(static_cast<float>(power)) * term;
    }
  }
  if constexpr (Pair + 1 < Pairs) outputPair<Pairs, Pair + 1>(y, result);
}

/// Aᵀ·y.
template <int Pairs>
GDWS_INLINE void outputVector(const Vector* y, Vector* result) {
  result[0] = y[0];
  outputPair<Pairs, 0>(y, result);
  result[2 * Pairs - 1] += y[2 * Pairs + 1];
}

/// Transforms both sides of a matrix: columns first, then rows.
template <int From, int To, void (*Transform)(const Vector*, Vector*)>
GDWS_INLINE void transformTiles(const WinogradTransformTask& task) {
  for (int64_t v = 0; v < task.vectors; ++v) {
    const float* source = task.source + v * lanes;
    float* result = task.result + v * lanes;
    Vector half[From][To];
#pragma GCC unroll 8
    for (int j = 0; j < From; ++j) {
      Vector column[From];
#pragma GCC unroll 8
      for (int i = 0; i < From; ++i) column[i] = load(source + (i * From + j) * task.sourcePitch);
      Transform(column, half[j]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < To; ++i) {
      Vector row[From], transformed[To];
#pragma GCC unroll 8
      for (int j = 0; j < From; ++j) row[j] = half[j][i];
      Transform(row, transformed);
#pragma GCC unroll 8
      for (int j = 0; j < To; ++j) store(result + (i * To + j) * task.resultPitch, transformed[j]);
    }
  }
}

template <int Pairs>
void winogradInput(const WinogradTransformTask& task) {
  transformTiles<2 * Pairs + 2, 2 * Pairs + 2, inputVector<Pairs>>(task);
}

template <int Pairs>
void winogradOutput(const WinogradTransformTask& task) {
  transformTiles<2 * Pairs + 2, 2 * Pairs, outputVector<Pairs>>(task);
}

/// 0, 1, … as arguments of a template: one for each lane.
template <int... Lanes>
struct LaneList {};
template <int Count, int... Lanes>
struct LanesUpTo : LanesUpTo<Count - 1, Count - 1, Lanes...> {};
template <int... Lanes>
struct LanesUpTo<0, Lanes...> {
  typedef LaneList<Lanes...> List;
};
typedef LanesUpTo<lanes>::List AllLanes;

/// Stores elements First, First + Step, … of two vectors in a row, as far as they reach.
template <int Step, int First, int... Lanes>
GDWS_INLINE void storeEveryNth(float* result, Vector a, Vector b, LaneList<Lanes...>) {
  const Vector chosen = GDWS_SHUFFLE(IntVector, a, b, ((First + Lanes * Step) % (2 * lanes))...);
  __builtin_memcpy(result, &chosen, sizeof(float) * 2 * lanes / Step);
}

/// `Group` elements of a, as many of b, and so on, from element `First` of both.
template <int Group, int First, int... Lanes>
GDWS_INLINE Vector interleave(Vector a, Vector b, LaneList<Lanes...>) {
  return GDWS_SHUFFLE(IntVector, a, b,
                      (First + Lanes / (2 * Group) * Group + Lanes % Group + Lanes / Group % 2 * lanes)...);
}

/// Zeros where a line has padding: elements of the patch's columns that lie before `begin` or from `end` on.
GDWS_INLINE void padPatches(const WinogradPatchesTask& task, int edge, float* result) {
  const int64_t length = (task.columns - 1) * edge + edge + 2;
  const auto zero = [&](int64_t element) {
    for (int64_t j = element / edge, kw = element % edge; kw < edge + 2 && j >= 0; --j, kw += edge) {
      if (j < task.columns) result[kw * task.patchPitch + j] = 0;
    }
  };
  for (int64_t element = 0; element < task.begin; ++element) zero(element);
  for (int64_t element = task.end; element < length; ++element) zero(element);
}

template <int Pairs>
void winogradPatches(const WinogradPatchesTask& task) {
  constexpr int edge = 2 * Pairs, patch = edge + 2, step = 2 * lanes / edge;
  for (int64_t r = 0; r < task.rows; ++r) {
    for (int kh = 0; kh < patch; ++kh) {
      const float* line = task.lines[r * edge + kh];
      float* result = task.patches + kh * patch * task.patchPitch + r * task.columns;
      for (int64_t j = 0; j < task.columns; j += step) {
        const float* source = line + j * edge;
        const Vector a = load(source), b = load(source + lanes);
        float* to = result + j;
        storeEveryNth<edge, 0>(to, a, b, AllLanes());
        storeEveryNth<edge, 1>(to + task.patchPitch, a, b, AllLanes());
        if constexpr (edge == 4) {
          storeEveryNth<edge, 2>(to + 2 * task.patchPitch, a, b, AllLanes());
          storeEveryNth<edge, 3>(to + 3 * task.patchPitch, a, b, AllLanes());
        }
        const Vector c = load(source + edge), d = load(source + edge + lanes);
        storeEveryNth<edge, 0>(to + edge * task.patchPitch, c, d, AllLanes());
        storeEveryNth<edge, 1>(to + (edge + 1) * task.patchPitch, c, d, AllLanes());
        // Planes lie far apart, so that the hardware does not prefetch from one to the next.
        __builtin_prefetch(source + task.nextPlane);
        if (lanes > 8) __builtin_prefetch(source + task.nextPlane + 16);
      }
      padPatches(task, edge, result);
    }
  }
}

/// A row of output pixels of m tiles side by side.
GDWS_INLINE void winogradRow(const float* tiles, int64_t tilePitch, int64_t columns, float* row, LaneList<2>) {
  for (int64_t j = 0; j < columns; j += lanes) {
    const Vector a = load(tiles + j), b = load(tiles + tilePitch + j);
    store(row + 2 * j, interleave<1, 0>(a, b, AllLanes()));
    store(row + 2 * j + lanes, interleave<1, lanes / 2>(a, b, AllLanes()));
  }
}

GDWS_INLINE void winogradRow(const float* tiles, int64_t tilePitch, int64_t columns, float* row, LaneList<4>) {
  for (int64_t j = 0; j < columns; j += lanes / 2) {
    const Vector ab = interleave<1, 0>(load(tiles + j), load(tiles + tilePitch + j), AllLanes());
    const Vector cd = interleave<1, 0>(load(tiles + 2 * tilePitch + j), load(tiles + 3 * tilePitch + j), AllLanes());
    store(row + 4 * j, interleave<2, 0>(ab, cd, AllLanes()));
    store(row + 4 * j + lanes, interleave<2, lanes / 2>(ab, cd, AllLanes()));
  }
}

template <int Pairs>
void winogradPlane(const WinogradPlaneTask& task) {
  constexpr int edge = 2 * Pairs;
  float* row = task.plane;
  for (int64_t r = 0; r < task.rows; ++r) {
    for (int i = 0; i < edge; ++i, row += task.pitch) {
      winogradRow(task.tiles + i * edge * task.tilePitch + r * task.columns, task.tilePitch, task.columns, row,
                  LaneList<edge>());
    }
  }
}

template <int Pairs>
constexpr WinogradFunctions makeWinogradFunctions() {
  return {winogradPatches<Pairs>, winogradInput<Pairs>, winogradOutput<Pairs>, winogradPlane<Pairs>};
}

}  // namespace GDWS_ISA
}  // namespace gdws
