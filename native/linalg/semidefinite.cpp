#include "linalg/semidefinite.h"

#include <algorithm>
#include <cmath>

namespace gdws {

namespace {

/// Difference of two entries that should be equal, relative to the largest entry of the diagonal.
constexpr double clearlyUnsymmetric = 1e-6;

/// Rows and columns of the tiles that are compared with their mirror images, so that both stay in the cache.
constexpr int64_t tile = 64;

std::string at(int64_t row, int64_t column) {
  return "at [" + std::to_string(row) + ", " + std::to_string(column) + "]";
}

}  // namespace

void checkSecondMoment(const double* matrix, int64_t n, const MatrixName& name) {
  double largest = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double entry = matrix[i * n + i];
    if (!std::isfinite(entry)) throw MatrixError(name, "is not finite " + at(i, i));
    largest = std::max(largest, std::abs(entry));
  }
  for (int64_t i = 0; i < n; ++i) {
    if (matrix[i * n + i] < -clearlyNegative * largest) throw MatrixError(name, "is negative " + at(i, i));
  }
  const double difference = clearlyUnsymmetric * largest;
  for (int64_t firstRow = 0; firstRow < n; firstRow += tile) {
    for (int64_t firstColumn = 0; firstColumn <= firstRow; firstColumn += tile) {
      for (int64_t i = firstRow; i < std::min(firstRow + tile, n); ++i) {
        for (int64_t j = firstColumn; j < std::min(firstColumn + tile, i); ++j) {
          const double entry = matrix[i * n + j];
          const double mirrored = matrix[j * n + i];
          if (!std::isfinite(entry)) throw MatrixError(name, "is not finite " + at(i, j));
          if (!std::isfinite(mirrored)) throw MatrixError(name, "is not finite " + at(j, i));
          const double max = std::sqrt(std::max(matrix[i * n + i] * matrix[j * n + j], 0.0));
          if (std::abs(entry) > max + clearlyNegative * largest) throw MatrixError(name, "is indefinite " + at(i, j));
          if (std::abs(entry - mirrored) > difference) throw MatrixError(name, "is not symmetric " + at(i, j));
        }
      }
    }
  }
}

}  // namespace gdws
