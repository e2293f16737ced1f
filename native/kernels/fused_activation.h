#pragma once

#include "kernels/activate.h"
#include "kernels/operands.h"

namespace gdws {

/// The activation that an operation ends with.
struct FusedActivation {
  Activation kind = Activation::none;
  float a = 0;
  float b = 0;

  /// `kindAt` is the code's position among the ints, `aAt` that of the first parameter among the floats.
  static FusedActivation of(const OperationView& operation, size_t kindAt, size_t aAt) {
    return {activationAt(operation, kindAt), operation.real(aAt), operation.real(aAt + 1)};
  }

  double operator()(double x) const { return activate<double>(kind, x, a, b); }
};

}  // namespace gdws
