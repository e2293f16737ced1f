// Sums of bytes, and means of sums. Compilers make vector code of these loops.
#pragma once

#include "kernels/max_pool/bytes.vector.h"
#include "kernels/vector/byte_functions.h"

namespace gdws {
namespace GDWS_ISA {

template <class Byte>
int64_t sumOfBytes(const void* x, int64_t count) {
  const auto* from = static_cast<const Byte*>(x);
  int64_t sum = 0, i = 0;
#if defined(__x86_64__)
  // Sums of differences from 0, or from -128 where bytes have a sign.
  constexpr bool isSigned = static_cast<Byte>(-1) < 0;
  typedef char Chars __attribute__((vector_size(16)));
  typedef long long Longs __attribute__((vector_size(16)));
  const Chars flip = Chars{} + static_cast<char>(isSigned ? -128 : 0);
  Longs sums = {};
  for (; i + 16 <= count; i += 16) {
    sums += (Longs)__builtin_ia32_psadbw128(loadAs<Chars>(from + i) ^ flip, Chars{});
  }
  sum = sums[0] + sums[1] - (isSigned ? 128 * i : 0);
#endif
  for (; i < count; ++i) sum += from[i];
  return sum;
}

template <class Byte>
void sumOfRows(const void* x, int64_t step, int64_t rows, int32_t* y, int64_t count) {
  const auto* __restrict from = static_cast<const Byte*>(x);
  auto* __restrict to = y;
  for (int64_t i = 0; i < count; ++i) to[i] = from[i];
  for (int64_t r = 1; r < rows; ++r) {
    from += step;
    for (int64_t i = 0; i < count; ++i) to[i] += from[i];
  }
}

template <int stride>
GDWS_INLINE void sumOfWindowsBy(const int32_t* __restrict x, int32_t* __restrict y, int64_t count, int64_t kernel,
                                int64_t step, int64_t dilation) {
  const int64_t each = stride > 0 ? stride : step;
  for (int64_t i = 0; i < count; ++i) y[i] = x[i * each];
  for (int64_t k = 1; k < kernel; ++k) {
    for (int64_t i = 0; i < count; ++i) y[i] += x[i * each + k * dilation];
  }
}

static void sumOfWindows(const int32_t* x, int32_t* y, int64_t count, int64_t kernel, int64_t stride,
                         int64_t dilation) {
  if (stride == 1) return sumOfWindowsBy<1>(x, y, count, kernel, stride, dilation);
  if (stride == 2) return sumOfWindowsBy<2>(x, y, count, kernel, stride, dilation);
  sumOfWindowsBy<0>(x, y, count, kernel, stride, dilation);
}

static void averagesOfRow(const int32_t* sums, const MeanTaps& taps, uint8_t* __restrict y, int64_t count, float scale,
                          ByteResult result) {
  const int32_t zeros = taps.zeroPoint * taps.rows;
  const auto least = static_cast<float>(result.least - result.zeroPoint);
  const auto most = static_cast<float>(result.most - result.zeroPoint);
  const int32_t counted = taps.countedRows, zeroPoint = result.zeroPoint, flip = result.flip;
  const int32_t* __restrict inside = taps.inside;
  const int32_t* __restrict columns = taps.counted;
  for (int64_t i = 0; i < count; ++i) {
    const auto sum = static_cast<float>(sums[i] - zeros * inside[i]);
    const float mean = sum * (scale / static_cast<float>(counted * columns[i]));
    const float above = mean > least ? mean : least;
    const float within = above < most ? above : most;
    // As in roundedInts.
    const float shifted = within + 0x1.8p23f;
    y[i] = static_cast<uint8_t>((static_cast<int32_t>(shifted - 0x1.8p23f) + zeroPoint) ^ flip);
  }
}

}  // namespace GDWS_ISA
}  // namespace gdws
