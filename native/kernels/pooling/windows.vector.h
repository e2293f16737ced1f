// The horizontal half of pooling: windows that walk along one row.
#pragma once

#include "kernels/reduce/folds.vector.h"
#include "kernels/vector/lines.vector.h"

namespace gdws {
namespace GDWS_ISA {

template <int stride>
GDWS_INLINE Vector loadStrided(const float* p) {
  if constexpr (stride == 1) return load(p);
  return evenElements(load(p), load(p + lanes));
}

/// Strides of 1 and 2. The last vector may reach 2·lanes beyond the row.
template <Fold fold, int stride>
GDWS_INLINE void windowsOfStride(const float* x, float* y, int64_t count, int64_t kernel, int64_t dilation) {
  const auto window = [=](int64_t i) {
    Vector result = loadStrided<stride>(x + i * stride);
    for (int64_t k = 1; k < kernel; ++k) {
      result = folded<fold>(result, loadStrided<stride>(x + i * stride + k * dilation));
    }
    return result;
  };
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) store(y + i, window(i));
  if (i < count) storeFirst(y + i, window(i), count - i);
}

template <Fold fold>
void windowsOfRow(const float* x, float* y, int64_t count, int64_t kernel, int64_t stride, int64_t dilation) {
  if (stride == 1) return windowsOfStride<fold, 1>(x, y, count, kernel, dilation);
  if (stride == 2) return windowsOfStride<fold, 2>(x, y, count, kernel, dilation);
  for (int64_t i = 0; i < count; ++i) {
    float result = x[i * stride];
    for (int64_t k = 1; k < kernel; ++k) result = folded<fold>(result, x[i * stride + k * dilation]);
    y[i] = result;
  }
}

}  // namespace GDWS_ISA
}  // namespace gdws
