#pragma once

#include <vector>

#include "kernels/convolution/shape.h"
#include "kernels/integer/sum_result.h"

namespace gdws {

/// An `integerGdws`'s operands, checked. Inputs x (N,C,H,W), depthwise (G,1,KH,KW), pointwise (M,G/groups,1,1),
/// xZeroPoint? (1), depthwiseScale (G), depthwiseBias? (G), scale? (M), bias? (M), residual? (as y);
/// docs/architecture.md has the definition.
struct IntegerGdwsShape {
  ConvolutionShape map;            ///< its window belongs to the depthwise stage, its groups to the pointwise one
  int64_t intermediate;            ///< G
  std::vector<int32_t> kernelsOf;  ///< by input channel
  DataType xType;
  bool hasXZeroPoint, hasDepthwiseBias;
  int32_t featureZeroPoint, featureLeast, featureMost;
  SumResult result;

  int64_t depth() const { return intermediate / map.groups; }

  /// Throws ProgramError where anything does not fit.
  static IntegerGdwsShape of(const OperationView& operation);

  Bytes x(const Buffers& buffers) const { return Bytes(buffers.inputs[0], xType); }
  Bytes depthwise(const Buffers& buffers) const { return Bytes(buffers.inputs[1], DataType::int8); }
  Bytes pointwise(const Buffers& buffers) const { return Bytes(buffers.inputs[2], DataType::int8); }
  int32_t xZeroPoint(const Buffers& buffers) const { return hasXZeroPoint ? Bytes(buffers.inputs[3], xType)[0] : 0; }
  const float* depthwiseScale(const Buffers& buffers) const { return buffers.floats(4); }
  const int32_t* depthwiseBias(const Buffers& buffers) const {
    return hasDepthwiseBias ? static_cast<const int32_t*>(buffers.inputs[5]) : nullptr;
  }
};

}  // namespace gdws
