#pragma once

#include "kernels/integer/bytes.vector.h"
#include "kernels/vector/byte_functions.h"

namespace gdws {
namespace GDWS_ISA {

/// round(f(x)), limited to the type; |f| < 2^22.
template <class Function>
GDWS_INLINE void quantizeWith(const float* x, uint8_t* y, int64_t count, ByteResult result, Function f) {
  const IntVector zeroPoint = broadcastInt(result.zeroPoint);
  const ByteVector flip = broadcastByte(result.flip);
  forEachBlock(
      y, count,
      [=](uint8_t* to, const float* from) {
        const auto part = [&](int k) { return roundedInts(f(load(from + k * lanes)), zeroPoint); };
        storeBytes(to, packed(part(0), part(1), part(2), part(3)) ^ flip);
      },
      x);
}

static void quantizeRow(const float* x, uint8_t* y, int64_t count, float scale, ByteResult result) {
  // Just beyond the limits, which packing applies.
  const Vector least = broadcast(static_cast<float>(-1 - result.zeroPoint));
  const Vector most = broadcast(static_cast<float>(256 - result.zeroPoint));
#if GDWS_VECTOR_BYTES > 16 || defined(__aarch64__)
  // A quotient by a known divisor, correctly rounded without a division, where nothing overflows or becomes subnormal:
  // Brisebarre, Muller, Raina, Accelerating correctly rounded floating-point division when the divisor is known in
  // advance (2004), the method with one product and two fused multiply-adds.
  if (scale >= 0x1p-60f && scale <= 0x1p60f) {
    const Vector divisor = broadcast(scale);
    const Vector inverse = 1.0f / divisor;
    const Vector first = least * divisor, last = most * divisor;
    return quantizeWith(x, y, count, result, [=](Vector v) {
      v = minimum(maximum(v, first), last);
      const Vector quotient = v * inverse;
      const Vector rest = fused(quotient, -divisor, v);
      return fused(rest, inverse, quotient);
    });
  }
#endif
  quantizeWith(x, y, count, result, [=](Vector v) { return minimum(maximum(v / scale, least), most); });
}

template <class Byte>
void quantizeRows(const float* x, const float* scale, const void* zeroPoint, void* y, int64_t count) {
  const auto* zero = static_cast<const Byte*>(zeroPoint);
  auto* __restrict result = static_cast<Byte*>(y);
  constexpr float lowest = static_cast<Byte>(-1) < 0 ? -128 : 0;
  for (int64_t i = 0; i < count; ++i) {
    const float least = lowest - static_cast<float>(zero[i]);
    const float most = least + 255;
    const float quotient = x[i] / scale[i];
    const float above = quotient > least ? quotient : least;
    const float within = above < most ? above : most;
    // As in roundedInts.
    const float shifted = within + 0x1.8p23f;
    result[i] = static_cast<Byte>(static_cast<int32_t>(shifted - 0x1.8p23f) + zero[i]);
  }
}

static void limitsOfRow(const float* x, int64_t count, float* least, float* most) {
  Vector low[4] = {}, high[4] = {};
  const auto add = [&](const float* from) {
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) {
      const Vector v = load(from + k * lanes);
      low[k] = minimum(v, low[k]);
      high[k] = maximum(v, high[k]);
    }
  };
  int64_t i = 0;
  for (; i + block <= count; i += block) add(x + i);
  if (i < count) {
    float rest[block] = {};
    for (int64_t k = 0; k < count - i; ++k) rest[k] = x[i + k];
    add(rest);
  }
  const Vector lowest = minimum(minimum(low[0], low[1]), minimum(low[2], low[3]));
  const Vector highest = maximum(maximum(high[0], high[1]), maximum(high[2], high[3]));
  float from = 0, to = 0;
  for (int k = 0; k < lanes; ++k) {
    from = lowest[k] < from ? lowest[k] : from;
    to = highest[k] > to ? highest[k] : to;
  }
  *least = from;
  *most = to;
}

}  // namespace GDWS_ISA
}  // namespace gdws
