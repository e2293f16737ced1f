#pragma once

#include "kernels/integer/bytes.vector.h"
#include "kernels/vector/byte_functions.h"

namespace gdws {
namespace GDWS_ISA {

/// An operand's part of the result: its term of a sum, or its factor of a product, which is exact.
template <IntegerBinaryFunction function>
GDWS_INLINE Vector partOf(IntVector x, ByteOperand operand) {
  const Vector difference = floatsOf(x - operand.zeroPoint);
  return function == IntegerBinaryFunction::add ? rounded(difference * operand.scale) : difference;
}

template <IntegerBinaryFunction function>
GDWS_INLINE Vector combined(Vector left, Vector right, float scale) {
  return function == IntegerBinaryFunction::add ? left + right : left * right * scale;
}

/// f(k) is the result of lanes k… of a block before it is rounded.
template <class Function>
GDWS_INLINE void storeResults(uint8_t* y, ByteResult result, Function f) {
  const auto part = [&](int k) { return roundedInts(f(k * lanes), broadcastInt(result.zeroPoint)); };
  ByteVector bytes = packed(part(0), part(1), part(2), part(3));
  const ByteVector least = broadcastByte(result.least), most = broadcastByte(result.most);
  bytes = bytes > least ? bytes : least;
  bytes = bytes < most ? bytes : most;
  storeBytes(y, bytes ^ broadcastByte(result.flip));
}

template <IntegerBinaryFunction function, class A, class B>
void binaryBytes(const void* a, const void* b, uint8_t* y, int64_t count, ByteOperand left, ByteOperand right,
                 ByteResult result) {
  const auto work = [=](const A* x, const B* z, uint8_t* to) {
    storeResults(to, result, [=](int k) {
      return combined<function>(partOf<function>(loadInts(x + k), left), partOf<function>(loadInts(z + k), right),
                                left.scale);
    });
  };
  const auto* first = static_cast<const A*>(a);
  const auto* second = static_cast<const B*>(b);
  int64_t i = 0;
  for (; i + block <= count; i += block) work(first + i, second + i, y + i);
  if (i == count) return;
  A x[block] = {};
  B z[block] = {};
  uint8_t to[block];
  for (int64_t k = 0; k < count - i; ++k) x[k] = first[i + k];
  for (int64_t k = 0; k < count - i; ++k) z[k] = second[i + k];
  work(x, z, to);
  for (int64_t k = 0; k < count - i; ++k) y[i + k] = to[k];
}

/// b is one number, an int32_t.
template <IntegerBinaryFunction function, class A>
void binaryBytesScalar(const void* a, const void* b, uint8_t* y, int64_t count, ByteOperand left, ByteOperand right,
                       ByteResult result) {
  const Vector second = partOf<function>(broadcastInt(*static_cast<const int32_t*>(b)), right);
  forEachBlock(static_cast<const A*>(a), y, count, [=](const A* x, uint8_t* to) {
    storeResults(to, result, [=](int k) {
      return combined<function>(partOf<function>(loadInts(x + k), left), second, left.scale);
    });
  });
}

}  // namespace GDWS_ISA
}  // namespace gdws
