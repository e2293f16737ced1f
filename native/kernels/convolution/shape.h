#pragma once

#include "kernels/addends.h"
#include "kernels/convolution/window.h"
#include "kernels/fused_activation.h"

namespace gdws {

/// A convolution's operands, checked. Inputs x (N,C,H,W), w, bias? (M), residual? (as y) → y (N,M,OH,OW);
/// docs/architecture.md has the ints and floats.
struct ConvolutionShape {
  int64_t batch, channels, height, width;
  int64_t outputs, outputHeight, outputWidth;
  int64_t groups;
  Window window;
  FusedActivation activation;
  Addends addends;

  int64_t channelsPerGroup() const { return channels / groups; }
  int64_t outputsPerGroup() const { return outputs / groups; }
  int64_t outputPixels() const { return outputHeight * outputWidth; }

  /// Of a `convolution`. Throws ProgramError where anything does not fit.
  static ConvolutionShape of(const OperationView& operation);
  /// Of a `convolutionTranspose`.
  static ConvolutionShape ofTransposed(const OperationView& operation);
};

/// What convolution, convolutionTranspose and gdws have in common: x, y, strides, dilations, pads and activation.
/// `weights` gives the kernel size in its last two dims, `groups` is the first int.
ConvolutionShape readConvolution(const OperationView& operation, const Value& weights);

/// Checks that the output map is what the window makes of the input map.
void checkOutputMap(const OperationView& operation, const ConvolutionShape& shape);

/// Checks bias (M) at input `biasAt` and, after it, the residual of the output's dims.
Addends readAddends(const OperationView& operation, int64_t outputs, size_t biasAt);

}  // namespace gdws
