// Kernels of Winograd's convolution in whole numbers, on the vectors of integer_lanes.h. The points are 0, 1, -1 and
// infinity for tiles of 2 × 2; also 2 and -2 for those of 4 × 4.
#pragma once

#include "kernels/vector/integer_lanes.h"
#include "kernels/vector/integer_winograd_functions.h"

namespace gdws {
namespace GDWS_ISA {

/// The two numbers of each word.
typedef int16_t Pairs __attribute__((vector_size(GDWS_VECTOR_BYTES)));
/// Sums modulo 2^32.
typedef uint32_t Sums __attribute__((vector_size(GDWS_VECTOR_BYTES)));

inline void pairs(const IntegerPairsTask& given) {
  const IntegerPairsTask task = given;  // which stores of words cannot change
  for (int64_t row = 0; row < task.rows; ++row) {
    const uint8_t *first = task.first + row * task.fromPitch, *second = task.second + row * task.fromPitch;
    int32_t* words = task.words + row * task.pitch;
    for (int64_t i = 0; i < task.before; ++i) words[i] = task.zeros;
    words += task.before;
    for (int64_t i = 0; i < task.count; i += lanes) store(words + i, signedPairs(first + i, second + i, task.flip));
    words += task.count;
    for (int64_t i = 0; i < task.after; ++i) words[i] = task.zeros;
  }
}

template <int Rows, int Vectors>
void multiplyPairs(const IntegerPairTile& tile) {
  Words sum[Rows][Vectors] = {};
  const int32_t *rows = tile.rows, *columns = tile.columns, *ahead = tile.ahead;
#pragma GCC unroll 1
  for (int64_t d = 0; d < tile.depth; ++d) {
    Words column[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      column[v] = load(columns + v * lanes);
      if (v * lanes % 16 == 0) __builtin_prefetch(ahead + v * lanes);
    }
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      const Words row = vectorWith(rows, i);
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[i][v] = dotPairsWith(sum[i][v], column[v], row, i);
    }
    rows += tile.rowsPitch;
    columns += tile.columnsPitch;
    ahead += tile.aheadPitch;
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) store(tile.sums + i * tile.sumsPitch + v * lanes, sum[i][v]);
  }
}

template <int Edge>
struct IntegerWinograd;

template <>
struct IntegerWinograd<2> {
  static constexpr int patch = 4;
  static constexpr int divisorBits = 2;
  static constexpr int lessBits[2] = {0, 0};

  /// Bᵀ·d.
  GDWS_INLINE void input(const Pairs* d, Pairs* result) {
    result[0] = d[0] - d[2];
    result[1] = d[1] + d[2];
    result[2] = d[2] - d[1];
    result[3] = d[3] - d[1];
  }
  /// Aᵀ·D·y for D = (2, 1, 1, 2).
  GDWS_INLINE void output(const Sums* y, Sums* result) {
    result[0] = y[0] + y[0] + y[1] + y[2];
    result[1] = y[1] - y[2] + y[3] + y[3];
  }
  GDWS_INLINE Sums withoutOddFactor(Sums sums) { return sums; }
};

template <>
struct IntegerWinograd<4> {
  static constexpr int patch = 6;
  /// Sums are 24² times too large: by 2^6 · 9.
  static constexpr int divisorBits = 6;
  /// Factors of two that `output` leaves out of each of its results.
  static constexpr int lessBits[4] = {0, 1, 2, 2};

  /// Bᵀ·d, but for the sign of rows 1 and 2, so that all of D is positive.
  GDWS_INLINE void input(const Pairs* d, Pairs* result) {
    const Pairs odd = d[3] - d[1], even = d[4] - d[2], twice = odd + odd;
    result[0] = even + ((d[0] - d[2]) << 2);
    const Pairs fourEven = (d[2] << 2) - d[4], fourOdd = (d[1] << 2) - d[3];
    result[1] = fourEven + fourOdd;
    result[2] = fourEven - fourOdd;
    result[3] = even + twice;
    result[4] = even - twice;
    result[5] = d[5] - d[3] - (twice + twice);
  }
  /// Aᵀ·D·y for D = (6, 4, 4, 1, 1, 24), each result divided by its largest power of two.
  GDWS_INLINE void output(const Sums* y, Sums* result) {
    const Sums sum = y[1] + y[2], difference = y[1] - y[2], sumOfTwos = y[3] + y[4], differenceOfTwos = y[3] - y[4];
    result[0] = ((sum + y[0]) << 2) + (y[0] + y[0]) + sumOfTwos;
    result[1] = difference + difference + differenceOfTwos;
    result[2] = sum + sumOfTwos;
    result[3] = difference + ((differenceOfTwos + y[5] + y[5] + y[5]) << 1);
  }
  /// sums / 9, as 9 · 0x38e38e39 = 1 modulo 2^32.
  GDWS_INLINE Sums withoutOddFactor(Sums sums) { return sums * 0x38e38e39u; }
};

template <int Edge>
void winogradInput(const IntegerWinogradTask& task) {
  constexpr int patch = IntegerWinograd<Edge>::patch;
  for (int64_t v = 0; v < task.vectors; ++v) {
    const int32_t* source = task.source + v * lanes;
    int32_t* result = task.result + v * lanes;
    Pairs half[patch][patch];
#pragma GCC unroll 8
    for (int j = 0; j < patch; ++j) {
      Pairs column[patch];
#pragma GCC unroll 8
      for (int i = 0; i < patch; ++i) {
        column[i] = reinterpret_cast<Pairs>(load(source + (i * patch + j) * task.sourcePitch));
      }
      IntegerWinograd<Edge>::input(column, half[j]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < patch; ++i) {
      Pairs row[patch], transformed[patch];
#pragma GCC unroll 8
      for (int j = 0; j < patch; ++j) row[j] = half[j][i];
      IntegerWinograd<Edge>::input(row, transformed);
#pragma GCC unroll 8
      for (int j = 0; j < patch; ++j) {
        store(result + (i * patch + j) * task.resultPitch, reinterpret_cast<Words>(transformed[j]));
      }
    }
  }
}

template <int Edge>
void winogradOutput(const IntegerWinogradTask& task) {
  using Transform = IntegerWinograd<Edge>;
  constexpr int patch = Transform::patch;
  for (int64_t v = 0; v < task.vectors; ++v) {
    const int32_t* source = task.source + v * lanes;
    int32_t* result = task.result + v * lanes;
    const auto bias = reinterpret_cast<Sums>(load(task.bias + v * task.biasPitch));
    Sums half[patch][Edge];
#pragma GCC unroll 8
    for (int j = 0; j < patch; ++j) {
      Sums column[patch];
#pragma GCC unroll 8
      for (int i = 0; i < patch; ++i) {
        column[i] = reinterpret_cast<Sums>(load(source + (i * patch + j) * task.sourcePitch));
      }
      Transform::output(column, half[j]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < Edge; ++i) {
      Sums row[patch], transformed[Edge];
#pragma GCC unroll 8
      for (int j = 0; j < patch; ++j) row[j] = half[j][i];
      Transform::output(row, transformed);
#pragma GCC unroll 8
      for (int j = 0; j < Edge; ++j) {
        const auto signedSums = reinterpret_cast<Words>(Transform::withoutOddFactor(transformed[j]));
        const int bits = Transform::divisorBits - Transform::lessBits[i] - Transform::lessBits[j];
        const auto quotients = reinterpret_cast<Sums>(signedSums >> bits);
        store(result + (i * Edge + j) * task.resultPitch, reinterpret_cast<Words>(quotients + bias));
      }
    }
  }
}

template <int Rows, int Vectors>
constexpr void addPairMicro(IntegerWinogradFunctions& functions) {
  if constexpr (Rows * Vectors + Vectors * registersOfPairs + otherRegistersOfPairs <= registers) {
    functions.micro[Rows][Vectors] = multiplyPairs<Rows, Vectors>;
  }
  if constexpr (Vectors < IntegerWinogradFunctions::maxVectors) {
    addPairMicro<Rows, Vectors + 1>(functions);
  } else if constexpr (Rows < IntegerWinogradFunctions::maxRows) {
    addPairMicro<Rows + 1, 1>(functions);
  }
}

constexpr IntegerWinogradFunctions makeIntegerWinogradFunctions() {
  IntegerWinogradFunctions functions{};
  functions.pairs = pairs;
  addPairMicro<1, 1>(functions);
  functions.cost = pairCost;
  functions.transforms[0] = {winogradInput<2>, winogradOutput<2>};
  functions.transforms[1] = {winogradInput<4>, winogradOutput<4>};
  return functions;
}

}  // namespace GDWS_ISA
}  // namespace gdws
