#pragma once

#include "kernels/integer/bytes.vector.h"

namespace gdws {
namespace GDWS_ISA {

#if GDWS_VECTOR_BYTES == 64
/// tables[first] to tables[first + count - 1], each of 16 bytes, chosen by the bits of x from 16 on.
template <int first, int count>
GDWS_INLINE ByteVector chosen(const ByteVector* tables, ByteVector x) {
  if constexpr (count == 1) {
    const auto chars = (CharVector)tables[first];
    const auto low = (CharVector)(x & 15);
#if defined(__clang__)
    return (ByteVector)__builtin_ia32_pshufb512(chars, low);
#else
    return (ByteVector)__builtin_ia32_pshufb512_mask(chars, low, CharVector{}, ~uint64_t{0});
#endif
  } else {
    constexpr int half = count / 2;
    const auto isUpper = (x & static_cast<uint8_t>(16 * half)) != 0;
    return isUpper ? chosen<first + half, half>(tables, x) : chosen<first, half>(tables, x);
  }
}

static void tableRow(const uint8_t* x, const uint8_t* table, uint8_t* y, int64_t count) {
  ByteVector tables[16];
  for (int k = 0; k < 16; ++k) {
    uint8_t repeated[block];
    for (int at = 0; at < block; at += 16) __builtin_memcpy(repeated + at, table + 16 * k, 16);
    __builtin_memcpy(&tables[k], repeated, block);
  }
  forEachBlock(
      y, count,
      [&](uint8_t* to, const uint8_t* from) {
        ByteVector bytes;
        __builtin_memcpy(&bytes, from, block);
        storeBytes(to, chosen<0, 16>(tables, bytes));
      },
      x);
}
#else
static void tableRow(const uint8_t* x, const uint8_t* table, uint8_t* y, int64_t count) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    uint64_t bytes;
    __builtin_memcpy(&bytes, x + i, sizeof bytes);
    uint8_t results[8];
#pragma GCC unroll 8
    for (int k = 0; k < 8; ++k) results[k] = table[bytes >> (8 * k) & 0xff];
    __builtin_memcpy(y + i, results, sizeof results);
  }
  for (; i < count; ++i) y[i] = table[x[i]];
}
#endif

}  // namespace GDWS_ISA
}  // namespace gdws
