// The unary functions on vectors. All of kernels/unary/function.h's definitions hold, edge cases included.
#pragma once

#include "kernels/vector/activation.vector.h"
#include "kernels/vector/map.vector.h"
#include "kernels/vector/mathematics.vector.h"
#include "program/functions.h"

namespace gdws {
namespace GDWS_ISA {

/// Functions that are rare in networks are left to scalar code.
constexpr bool hasVectorForm(UnaryFunction function) {
  using enum UnaryFunction;
  return function != sin && function != cos && function != tan && function != atan && function != asin &&
         function != acos && function != sinh && function != cosh && function != asinh && function != acosh &&
         function != atanh;
}

template <UnaryFunction function>
GDWS_INLINE Vector unaryOf(Vector x, [[maybe_unused]] Vector a, [[maybe_unused]] Vector b) {
  using enum UnaryFunction;
  [[maybe_unused]] const Vector one = broadcast(1.0f);
  [[maybe_unused]] const Vector zero = {};
  if constexpr (function == relu) return activateVector(x, Activation::relu, a, b);
  if constexpr (function == clip) return activateVector(x, Activation::clip, a, b);
  if constexpr (function == leakyRelu) return activateVector(x, Activation::leakyRelu, a, b);
  if constexpr (function == elu) return x < 0 ? a * exponentialLessOne(x) : x;
  if constexpr (function == selu) return b * (x > 0 ? x : a * exponentialLessOne(x));
  if constexpr (function == celu) return maximum(zero, x) + minimum(zero, a * exponentialLessOne(x / a));
  if constexpr (function == sigmoid) return logistic(x);
  if constexpr (function == hardSigmoid) return minimum(one, maximum(zero, a * x + b));
  if constexpr (function == hardSwish) return activateVector(x, Activation::hardSwish, a, b);
  if constexpr (function == silu) return x * logistic(a * x);
  if constexpr (function == mish) {
    // tanh(log(1 + e)) = e·(e + 2) / (e·(e + 2) + 2), which is 1 long before e overflows.
    const Vector e = exponential(minimum(broadcast(30.0f), x));
    const Vector product = e * (e + 2.0f);
    return x * (product / (product + 2.0f));
  }
  if constexpr (function == gelu) return x * normalDistribution(x);
  // 1 + tanh(u) = 2·sigmoid(2u)
  if constexpr (function == geluTanh) return x * logistic(x * (x * x * 0.0713548163f + 1.59576912f));
  if constexpr (function == tanh) return hyperbolicTangent(x);
  if constexpr (function == softplus) return maximum(zero, x) + logarithmOfOnePlus(exponential(-absolute(x)));
  if constexpr (function == softsign) return x / (absolute(x) + 1.0f);
  if constexpr (function == thresholdedRelu) return x > a ? x : zero;
  if constexpr (function == shrink) return x < -a ? x + b : x > a ? x - b : zero;
  if constexpr (function == exp) return exponential(x);
  if constexpr (function == log) return logarithm(x);
  if constexpr (function == sqrt) return squareRoot(x);
  if constexpr (function == reciprocal) return 1.0f / x;
  if constexpr (function == abs) return absolute(x);
  if constexpr (function == neg) return -x;
  if constexpr (function == sign) return x > 0 ? one : x < 0 ? -one : x;
  if constexpr (function == floor) return roundDown(x);
  if constexpr (function == ceil) return roundUp(x);
  if constexpr (function == round) return roundToEven(x);
  if constexpr (function == erf) return errorFunction(x);
  if constexpr (function == linear) return a * x + b;
  if constexpr (function == scaledTanh) return a * hyperbolicTangent(b * x);
  return x;
}

template <UnaryFunction function>
void unaryRow(const float* x, float* y, int64_t count, float a, float b) {
  const Vector first = broadcast(a);
  const Vector second = broadcast(b);
  mapRow(
      y, count, [=](Vector v) { return unaryOf<function>(v, first, second); }, x);
}

}  // namespace GDWS_ISA
}  // namespace gdws
