#pragma once

#include "program/functions.h"

namespace gdws {

/// A unary function with its parameters. All of them give NaN for NaN, except thresholdedRelu and shrink, whose
/// definition makes it 0.
struct UnaryCall {
  UnaryFunction function;
  float a;
  float b;

  /// f(x), computed in double precision.
  double operator()(double x) const;
};

}  // namespace gdws
