// The horizontal half of pooling: windows that walk along one row.
#pragma once

#include "kernels/reduce/folds.vector.h"

namespace gdws {
namespace GDWS_ISA {

/// The elements 0, 2, 4, … of two vectors side by side.
GDWS_INLINE Vector evenElements(Vector a, Vector b) {
#if GDWS_VECTOR_BYTES == 16
  return __builtin_shufflevector(a, b, 0, 2, 4, 6);
#elif GDWS_VECTOR_BYTES == 32
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
#else
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
#endif
}

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
