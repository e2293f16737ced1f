#pragma once

#include "engine/functions.h"
#include "kernels/broadcast.h"
#include "kernels/operands.h"

namespace gdws {

/// A checked `binary`: operands of any dims that broadcast to the output's.
struct BinaryOperation {
  explicit BinaryOperation(const OperationView& operation)
      : function(static_cast<BinaryFunction>(integerBelow(operation, 0, binaryFunctionCount, "binary function"))),
        activation(activationAt(operation, 1)),
        a(operation.real(0)),
        b(operation.real(1)),
        loop(broadcastLoop(operation, outputOf(operation), {&inputOf(operation, 0), &inputOf(operation, 1)})) {}

  BinaryFunction function;
  Activation activation;
  float a;  ///< of the activation
  float b;
  StridedLoop loop;
};

/// f(x, y) in double precision. min and max are NaN where either is, as ONNX has them from operator set 13 on; mod is
/// C's fmod.
double apply(BinaryFunction function, double x, double y);

}  // namespace gdws
