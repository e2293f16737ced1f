#pragma once

#include "kernels/broadcast.h"
#include "kernels/operands.h"
#include "program/attributes.h"

namespace gdws {

/// A checked `binary`: operands of one type, float32, int64 or int32, and of any dims that broadcast to the output's.
/// Integers have no activation, and some functions are not defined on them.
struct BinaryOperation {
  explicit BinaryOperation(const OperationView& operation);

  DataType type;
  BinaryAttributes attributes;
  StridedLoop loop;
};

/// f(x, y) in double precision. min and max are NaN where either is, as ONNX has them from operator set 13 on; mod is
/// C's fmod.
double apply(BinaryFunction function, double x, double y);

}  // namespace gdws
