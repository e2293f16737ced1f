#pragma once

#include "kernels/convolution/shape.h"
#include "kernels/integer/sum_result.h"

namespace gdws {

/// An `integerConvolution`'s operands, checked. Inputs x (N,C,H,W), w (M,C/groups,KH,KW), xZeroPoint? (1), wZeroPoint?
/// (M), scale? (M), bias? (M), residual? (as y); docs/architecture.md has the definition.
struct IntegerConvolutionShape {
  ConvolutionShape map;  ///< without activation and addends
  DataType xType, wType;
  bool hasXZeroPoint, hasWZeroPoint;
  SumResult result;

  /// Throws ProgramError where anything does not fit.
  static IntegerConvolutionShape of(const OperationView& operation);

  Bytes x(const Buffers& buffers) const { return Bytes(buffers.inputs[0], xType); }
  Bytes w(const Buffers& buffers) const { return Bytes(buffers.inputs[1], wType); }
  int32_t xZeroPoint(const Buffers& buffers) const { return hasXZeroPoint ? Bytes(buffers.inputs[2], xType)[0] : 0; }
  int32_t wZeroPoint(const Buffers& buffers, int64_t m) const {
    return hasWZeroPoint ? Bytes(buffers.inputs[3], wType)[m] : 0;
  }
};

}  // namespace gdws
