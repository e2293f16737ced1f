#pragma once

#include "kernels/integer/bytes.h"
#include "kernels/matmul/shape.h"

namespace gdws {

/// An `integerMatmul`'s operands, checked. Inputs a (…,R,K), b (…,K,N), aZeroPoint? (1), bZeroPoint? (N or 1) → y
/// (…,R,N) = (a - aZeroPoint)·(b - bZeroPoint), int32.
struct IntegerMatmulShape {
  MatmulShape matrices;  ///< without bias, residual and activation
  DataType aType, bType;
  bool hasAZeroPoint;
  int64_t bZeroPoints;  ///< 0 where there are none

  /// Throws ProgramError where anything does not fit.
  static IntegerMatmulShape of(const OperationView& operation);

  int32_t aZeroPoint(const Buffers& buffers) const { return hasAZeroPoint ? Bytes(buffers.inputs[2], aType)[0] : 0; }
  int32_t bZeroPoint(const Buffers& buffers, int64_t column) const {
    return bZeroPoints == 0 ? 0 : Bytes(buffers.inputs[3], bType)[bZeroPoints == 1 ? 0 : column];
  }
};

}  // namespace gdws
