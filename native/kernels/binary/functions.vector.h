// The binary functions on vectors.
#pragma once

#include "kernels/vector/activation.vector.h"
#include "kernels/vector/elementwise_functions.h"
#include "kernels/vector/map.vector.h"
#include "program/functions.h"

namespace gdws {
namespace GDWS_ISA {

constexpr bool hasVectorForm(BinaryFunction function) {
  return function != BinaryFunction::pow && function != BinaryFunction::mod && function != BinaryFunction::floorMod;
}

/// The larger; NaN where either is NaN. `maximum` alone returns the second where the first is NaN.
GDWS_INLINE Vector maximumOrNaN(Vector a, Vector b) { return a != a ? a : maximum(a, b); }
GDWS_INLINE Vector minimumOrNaN(Vector a, Vector b) { return a != a ? a : minimum(a, b); }

template <BinaryFunction function>
GDWS_INLINE Vector binaryOf(Vector x, Vector y) {
  if constexpr (function == BinaryFunction::add) return x + y;
  if constexpr (function == BinaryFunction::sub) return x - y;
  if constexpr (function == BinaryFunction::mul) return x * y;
  if constexpr (function == BinaryFunction::div) return x / y;
  if constexpr (function == BinaryFunction::min) return minimumOrNaN(x, y);
  if constexpr (function == BinaryFunction::max) return maximumOrNaN(x, y);
  if constexpr (function == BinaryFunction::reluGradient) return y > 0 ? x : Vector{};
  return x < 0 ? y * x : x;
}

template <BinaryFunction function, OperandForm form, Activation activation>
void binaryRow(const float* x, const float* y, float* z, int64_t count, float a, float b) {
  const Vector first = broadcast(a);
  const Vector second = broadcast(b);
  const auto f = [=](Vector left, Vector right) {
    return activateVector(binaryOf<function>(left, right), activation, first, second);
  };
  if constexpr (form == OperandForm::bothRows) mapRow(z, count, f, x, y);
  if constexpr (form == OperandForm::secondScalar) mapRow(z, count, f, x, Scalar{broadcast(*y)});
  if constexpr (form == OperandForm::firstScalar) mapRow(z, count, f, Scalar{broadcast(*x)}, y);
}

}  // namespace GDWS_ISA
}  // namespace gdws
