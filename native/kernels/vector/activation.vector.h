// Activations on vectors. NaN stays NaN, as in onnxruntime.
#pragma once

#include "kernels/vector/vector.h"
#include "program/functions.h"

namespace gdws {
namespace GDWS_ISA {

GDWS_INLINE Vector activateVector(Vector x, Activation activation, Vector a, Vector b) {
  switch (activation) {
    // The bound comes first: where x is NaN the comparison fails and x stays.
    case Activation::relu:
      return maximum(Vector{}, x);
    case Activation::clip:
      return minimum(b, maximum(a, x));
    case Activation::leakyRelu:
      return x < Vector{} ? a * x : x;
    case Activation::hardSwish:
      return a * (x * minimum(broadcast(1.0f), maximum(Vector{}, x * (1.0f / 6) + 0.5f))) + b;
    default:
      return x;
  }
}

}  // namespace GDWS_ISA
}  // namespace gdws
