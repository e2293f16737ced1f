#pragma once

#include "kernels/vector/vector.h"

namespace gdws {
namespace GDWS_ISA {

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

}  // namespace GDWS_ISA
}  // namespace gdws
