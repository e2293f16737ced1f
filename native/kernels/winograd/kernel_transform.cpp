#include "kernels/winograd/kernel_transform.h"

#include <algorithm>

#include "kernels/winograd/points.h"

namespace gdws {

namespace {

/// G: row of point x is (1, x, x²) / Π_{y≠x}(x - y) over the other finite points, that of infinity (0, 0, 1).
template <int Pairs>
struct KernelTransform {
  static constexpr int size = 2 * Pairs + 2;
  double rows[size][3];

  KernelTransform() {
    double points[size - 1] = {0};
    for (int i = 0; i < Pairs; ++i) {
      points[1 + 2 * i] = WinogradPoints<Pairs>::pairs[i];
      points[2 + 2 * i] = -WinogradPoints<Pairs>::pairs[i];
    }
    for (int i = 0; i < size - 1; ++i) {
      double divisor = 1;
      for (int j = 0; j < size - 1; ++j) divisor *= j == i ? 1 : points[i] - points[j];
      for (int k = 0; k < 3; ++k) rows[i][k] = (k == 0 ? 1 : k == 1 ? points[i] : points[i] * points[i]) / divisor;
    }
    for (int k = 0; k < 3; ++k) rows[size - 1][k] = k == 2;
  }
};

/// Kernels that are transformed together, so that the compiler makes vectors of them.
constexpr int lanes = 8;

template <int Pairs>
void transform(const float* kernels, int64_t stride, int64_t count, float* result, int64_t pitch) {
  static const KernelTransform<Pairs> g;
  constexpr int size = KernelTransform<Pairs>::size;
  double kernel[9][lanes] = {};
  for (int64_t lane = 0; lane < count; ++lane) {
    for (int k = 0; k < 9; ++k) kernel[k][lane] = kernels[lane * stride + k];
  }
  for (int i = 0; i < size; ++i) {
    double row[3][lanes] = {};
    for (int k = 0; k < 3; ++k) {
      for (int kw = 0; kw < 3; ++kw) {
        for (int lane = 0; lane < lanes; ++lane) row[kw][lane] += g.rows[i][k] * kernel[3 * k + kw][lane];
      }
    }
    for (int j = 0; j < size; ++j) {
      double sums[lanes] = {};
      for (int k = 0; k < 3; ++k) {
        for (int lane = 0; lane < lanes; ++lane) sums[lane] += row[k][lane] * g.rows[j][k];
      }
      float* const to = result + (i * size + j) * pitch;
      for (int64_t lane = 0; lane < count; ++lane) to[lane] = static_cast<float>(sums[lane]);
    }
  }
}

}  // namespace

void transformWinogradKernels(int64_t edge, const float* kernels, int64_t stride, int64_t count, float* result,
                              int64_t pitch) {
  for (int64_t first = 0; first < count; first += lanes) {
    const int64_t some = std::min<int64_t>(lanes, count - first);
    if (edge == 2) {
      transform<1>(kernels + first * stride, stride, some, result + first, pitch);
    } else {
      transform<2>(kernels + first * stride, stride, some, result + first, pitch);
    }
  }
}

}  // namespace gdws
