#pragma once

#include <cstdint>

#include "kernels/integer/bytes.h"

namespace gdws {

/// What Winograd's convolution in whole numbers makes of 3×3 kernels, for output tiles of `Edge` × `Edge`;
/// docs/architecture.md has the mathematics.
template <int64_t Edge>
struct IntegerWinogradPoints;

template <>
struct IntegerWinogradPoints<2> {
  /// G, rows scaled by 1, 2, 2, 1.
  static constexpr int32_t rows[4][3] = {{1, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 1}};
  /// Sums are found modulo 2^32 / 4.
  static constexpr int sumBits = 30;
};

template <>
struct IntegerWinogradPoints<4> {
  /// G, rows scaled by 4, 6, 6, 24, 24, 1.
  static constexpr int32_t rows[6][3] = {{1, 0, 0}, {1, 1, 1}, {1, -1, 1}, {1, 2, 4}, {1, -2, 4}, {0, 0, 1}};
  /// Sums are found modulo 2^32 / 64.
  static constexpr int sumBits = 26;
};

/// G·g·Gᵀ of a kernel of numbers within ±255: (Edge + 2)² numbers, row by row.
template <int64_t Edge>
void transformIntegerKernel(const int32_t* kernel, int16_t* result) {
  using Points = IntegerWinogradPoints<Edge>;
  constexpr int size = Edge + 2;
  for (int i = 0; i < size; ++i) {
    int32_t row[3] = {};
    for (int k = 0; k < 3; ++k) {
      for (int kw = 0; kw < 3; ++kw) row[kw] += Points::rows[i][k] * kernel[3 * k + kw];
    }
    for (int j = 0; j < size; ++j) {
      int32_t sum = 0;
      for (int k = 0; k < 3; ++k) sum += row[k] * Points::rows[j][k];
      result[i * size + j] = static_cast<int16_t>(sum);
    }
  }
}

/// Whether all sums of the `depth` weights from `first` on, less their zero point, with numbers of -128 to 127 are
/// found without loss.
template <int64_t Edge>
bool integerWinogradFits(const Bytes& weights, int64_t first, int64_t depth, int32_t zeroPoint) {
  constexpr int64_t most = int64_t{1} << (IntegerWinogradPoints<Edge>::sumBits - 1);
  return 128 * sumOfSizes(weights, first, depth, zeroPoint) < most;
}

}  // namespace gdws
