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
  const auto work = [=](uint8_t* to, const A* x, const B* z) {
    storeResults(to, result, [=](int k) {
      return combined<function>(partOf<function>(loadInts(x + k), left), partOf<function>(loadInts(z + k), right),
                                left.scale);
    });
  };
  forEachBlock(y, count, work, static_cast<const A*>(a), static_cast<const B*>(b));
}

/// b is one number, an int32_t.
template <IntegerBinaryFunction function, class A>
void binaryBytesScalar(const void* a, const void* b, uint8_t* y, int64_t count, ByteOperand left, ByteOperand right,
                       ByteResult result) {
  const Vector second = partOf<function>(broadcastInt(*static_cast<const int32_t*>(b)), right);
  forEachBlock(
      y, count,
      [=](uint8_t* to, const A* x) {
        storeResults(to, result, [=](int k) {
          return combined<function>(partOf<function>(loadInts(x + k), left), second, left.scale);
        });
      },
      static_cast<const A*>(a));
}

}  // namespace GDWS_ISA
}  // namespace gdws
