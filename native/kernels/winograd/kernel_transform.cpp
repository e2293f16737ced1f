#include "kernels/winograd/kernel_transform.h"

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

template <int Pairs>
void transform(const float* kernel, double* result) {
  static const KernelTransform<Pairs> g;
  constexpr int size = KernelTransform<Pairs>::size;
  for (int i = 0; i < size; ++i) {
    double row[3] = {};
    for (int k = 0; k < 3; ++k) {
      for (int kw = 0; kw < 3; ++kw) row[kw] += g.rows[i][k] * static_cast<double>(kernel[3 * k + kw]);
    }
    for (int j = 0; j < size; ++j) {
      double sum = 0;
      for (int k = 0; k < 3; ++k) sum += row[k] * g.rows[j][k];
      result[i * size + j] = sum;
    }
  }
}

}  // namespace

void transformWinogradKernel(int64_t edge, const float* kernel, double* result) {
  if (edge == 2) {
    transform<1>(kernel, result);
  } else {
    transform<2>(kernel, result);
  }
}

}  // namespace gdws
