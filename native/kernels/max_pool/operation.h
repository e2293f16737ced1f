#pragma once

#include "kernels/integer/bytes.h"
#include "kernels/pooling/window.h"
#include "program/attributes.h"

namespace gdws {

/// A checked `maxPool`: x float32, uint8 or int8, y of the same type. Throws ProgramError.
inline PoolOperation maxPoolOf(const OperationView& operation) {
  const bool isFloat = operation.input(0).type == DataType::float32;
  const Value& x = isFloat ? inputOf(operation, 0) : byteInputOf(operation, 0);
  return PoolOperation::of(operation, MaxPoolAttributes::of(operation), x, outputOf(operation, x.type));
}

}  // namespace gdws
