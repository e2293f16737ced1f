#pragma once

#include <vector>

#include "kernels/convolution/shape.h"

namespace gdws {

/// Checks that depthwise kernels d (G,1,KH,KW), of which channel c has the next kernelsOf[c], and pointwise weights p
/// (M,G/groups,1,1) fit x and y. Throws ProgramError.
void checkStages(const OperationView& operation, const ConvolutionShape& map, const Value& d, const Value& p,
                 const std::vector<int32_t>& kernelsOf);

/// A generalized depthwise-separable convolution's operands, checked. Inputs x (N,C,H,W), d (G,1,KH,KW),
/// p (M,G/groups,1,1), bias? (M), residual? (as y) → y (N,M,OH,OW). Channel c has kernelsOf[c] depthwise kernels,
/// which may be 0; they are consecutive rows of d. Group j of p sees the j-th G/groups of the G intermediate channels.
struct GdwsShape {
  ConvolutionShape map;  ///< its window belongs to the depthwise stage, its groups to the pointwise one
  int64_t intermediate;  ///< G
  std::vector<int32_t> kernelsOf;

  int64_t depth() const { return intermediate / map.groups; }

  /// Throws ProgramError where anything does not fit.
  static GdwsShape of(const OperationView& operation);
};

}  // namespace gdws
