#pragma once

#include "program/fused_activation.h"

namespace gdws {

/// An activation of one number. NaN stays NaN, as in onnxruntime.
template <class Real>
inline Real activate(Activation activation, Real x, Real a, Real b) {
  switch (activation) {
    case Activation::relu:
      return x < 0 ? 0 : x;
    case Activation::clip: {
      const Real raised = x < a ? a : x;
      return raised > b ? b : raised;
    }
    case Activation::leakyRelu:
      return x < 0 ? a * x : x;
    case Activation::hardSwish:
      return a * (x * activate<Real>(Activation::clip, x / 6 + Real(0.5), 0, 1)) + b;
    default:
      return x;
  }
}

template <class Real>
inline Real activate(const FusedActivation& activation, Real x) {
  return activate<Real>(activation.kind, x, activation.a, activation.b);
}

}  // namespace gdws
