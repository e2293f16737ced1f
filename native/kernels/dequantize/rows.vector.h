#pragma once

#include "kernels/integer/bytes.vector.h"

namespace gdws {
namespace GDWS_ISA {

template <class Byte>
void dequantizeRow(const void* x, float* y, int64_t count, float scale, int32_t zeroPoint) {
  forEachBlock(
      y, count,
      [=](float* to, const Byte* from) {
        for (int k = 0; k < block; k += lanes) store(to + k, floatsOf(loadInts(from + k) - zeroPoint) * scale);
      },
      static_cast<const Byte*>(x));
}

template <class Byte>
void dequantizeRows(const void* x, const float* scale, const void* zeroPoint, float* y, int64_t count) {
  const auto* __restrict from = static_cast<const Byte*>(x);
  const auto* __restrict zero = static_cast<const Byte*>(zeroPoint);
  for (int64_t i = 0; i < count; ++i) y[i] = static_cast<float>(from[i] - zero[i]) * scale[i];
}

static void dequantizeInts(const int32_t* x, float* y, int64_t count, float scale) {
  for (int64_t i = 0; i < count; ++i) y[i] = static_cast<float>(x[i]) * scale;
}

}  // namespace GDWS_ISA
}  // namespace gdws
