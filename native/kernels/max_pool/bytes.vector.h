// Largest bytes of rows and windows.
#pragma once

#include "kernels/integer/bytes.vector.h"

namespace gdws {
namespace GDWS_ISA {

template <class Byte, int bytes>
struct BytesOf {
  typedef Byte Type __attribute__((vector_size(bytes)));
};

template <class Type>
GDWS_INLINE Type loadAs(const void* p) {
  Type v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

/// y[i] = f(i) by vectors of `bytes`; the last overlaps the one before it. Whether there are as many.
template <int bytes, class Byte, class Function>
GDWS_INLINE bool storedBy(Byte* y, int64_t count, Function f) {
  if (count < bytes) return false;
  const auto step = [&](int64_t i) {
    const auto v = f(i);
    __builtin_memcpy(y + i, &v, bytes);
  };
  int64_t i = 0;
  for (; i + bytes <= count; i += bytes) step(i);
  if (i < count) step(count - bytes);
  return true;
}

template <class Byte, int bytes>
GDWS_INLINE bool maxOfRowsBy(const Byte* x, int64_t step, int64_t rows, Byte* y, int64_t count) {
  using Bytes = typename BytesOf<Byte, bytes>::Type;
  return storedBy<bytes>(y, count, [=](int64_t i) {
    auto result = loadAs<Bytes>(x + i);
    for (int64_t r = 1; r < rows; ++r) {
      const auto v = loadAs<Bytes>(x + i + r * step);
      result = v > result ? v : result;
    }
    return result;
  });
}

template <class Byte>
void maxOfRows(const void* x, int64_t step, int64_t rows, void* y, int64_t count) {
  const auto* from = static_cast<const Byte*>(x);
  auto* to = static_cast<Byte*>(y);
  if (maxOfRowsBy<Byte, GDWS_VECTOR_BYTES>(from, step, rows, to, count)) return;
  if (maxOfRowsBy<Byte, 16>(from, step, rows, to, count)) return;
  if (maxOfRowsBy<Byte, 8>(from, step, rows, to, count)) return;
  for (int64_t i = 0; i < count; ++i) {
    Byte result = from[i];
    for (int64_t r = 1; r < rows; ++r) {
      const Byte v = from[i + r * step];
      result = v > result ? v : result;
    }
    to[i] = result;
  }
}

/// As many elements, one after the other or every second.
template <class Byte, int bytes, int stride>
GDWS_INLINE typename BytesOf<Byte, bytes>::Type loadBytes(const Byte* p) {
  using Bytes = typename BytesOf<Byte, bytes>::Type;
  if constexpr (stride == 1) {
    return loadAs<Bytes>(p);
  } else {
    static_assert(bytes == 16);
    [[maybe_unused]] typedef uint8_t Mask __attribute__((vector_size(16)));
    return GDWS_SHUFFLE(Mask, loadAs<Bytes>(p), loadAs<Bytes>(p + 16), 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24,
                        26, 28, 30);
  }
}

template <class Byte, int bytes, int stride>
GDWS_INLINE bool maxOfWindowsBy(const Byte* x, Byte* y, int64_t count, int64_t kernel, int64_t dilation) {
  return storedBy<bytes>(y, count, [=](int64_t i) {
    auto result = loadBytes<Byte, bytes, stride>(x + i * stride);
    for (int64_t k = 1; k < kernel; ++k) {
      const auto v = loadBytes<Byte, bytes, stride>(x + i * stride + k * dilation);
      result = v > result ? v : result;
    }
    return result;
  });
}

template <class Byte>
void maxOfWindows(const void* x, void* y, int64_t count, int64_t kernel, int64_t stride, int64_t dilation) {
  const auto* from = static_cast<const Byte*>(x);
  auto* to = static_cast<Byte*>(y);
  if (stride == 1) {
    if (maxOfWindowsBy<Byte, GDWS_VECTOR_BYTES, 1>(from, to, count, kernel, dilation)) return;
    if (maxOfWindowsBy<Byte, 16, 1>(from, to, count, kernel, dilation)) return;
    if (maxOfWindowsBy<Byte, 8, 1>(from, to, count, kernel, dilation)) return;
  } else if (stride == 2) {
    if (maxOfWindowsBy<Byte, 16, 2>(from, to, count, kernel, dilation)) return;
  }
  for (int64_t i = 0; i < count; ++i) {
    Byte result = from[i * stride];
    for (int64_t k = 1; k < kernel; ++k) {
      const Byte v = from[i * stride + k * dilation];
      result = v > result ? v : result;
    }
    to[i] = result;
  }
}

}  // namespace GDWS_ISA
}  // namespace gdws
