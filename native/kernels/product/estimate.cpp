#include "kernels/product/estimate.h"

#include <algorithm>
#include <cmath>

namespace gdws {

double estimateProduct(double depth, double channels, double vectorsOfColumns) {
  constexpr double multiplyAddsPerCycle = 2 * 0.9;
  // Four bytes a weight, about nine bytes a cycle from the third-level cache; arithmetic hides six tenths of the time.
  constexpr double cyclesPerWeight = 4.0 / 9 * 0.4;
  return depth * channels * (vectorsOfColumns / multiplyAddsPerCycle + cyclesPerWeight);
}

double columnVectors(int64_t pixels, int64_t channels, int lanes) {
  return std::min(vectorsOf(pixels, lanes),
                  static_cast<double>(pixels) * vectorsOf(channels, lanes) / static_cast<double>(channels));
}

double vectorsOf(int64_t count, int lanes) { return std::ceil(static_cast<double>(count) / lanes); }

}  // namespace gdws
