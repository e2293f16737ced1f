// Activations on vectors. NaN stays NaN, as in onnxruntime.
#pragma once

#include "engine/activation.h"
#include "kernels/vector/vector.h"

namespace gdws {
namespace GDWS_ISA {

template <Activation activation>
GDWS_INLINE Vector activated(Vector x, [[maybe_unused]] Vector a, [[maybe_unused]] Vector b) {
  // minimum and maximum give their second operand where either is NaN.
  if constexpr (activation == Activation::relu) return maximum(Vector{}, x);
  if constexpr (activation == Activation::clip) return minimum(b, maximum(a, x));
  if constexpr (activation == Activation::leakyRelu) return x < 0 ? a * x : x;
  return x;
}

}  // namespace GDWS_ISA
}  // namespace gdws
