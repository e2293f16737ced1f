#pragma once

#include "kernels/addends.h"
#include "kernels/convolution/window.h"
#include "kernels/operands.h"
#include "program/attributes.h"

namespace gdws {

/// A convolution's operands, checked. Inputs x (N,C,H,W), w, bias? (M), residual? (as y) → y (N,M,OH,OW);
/// docs/architecture.md has the attributes.
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

/// The shapes of x, y and the kernel, which is the last two dims of `weights`; of any types.
ConvolutionShape readMaps(const OperationView& operation, const Value& weights);

/// The part that all convolutions have in common: x, y, groups and window.
template <class Attributes>
ConvolutionShape readWindow(const OperationView& operation, const Attributes& attributes, const Value& weights) {
  ConvolutionShape shape = readMaps(operation, weights);
  shape.groups = attributes.groups;
  Window& window = shape.window;
  window.strideHeight = attributes.strides[0];
  window.strideWidth = attributes.strides[1];
  window.dilationHeight = attributes.dilations[0];
  window.dilationWidth = attributes.dilations[1];
  window.padTop = attributes.pads[0];
  window.padLeft = attributes.pads[1];
  return shape;
}

/// The part that convolution, convolutionTranspose and gdws have in common: float32 maps, and an activation.
template <class Attributes>
ConvolutionShape readConvolution(const OperationView& operation, const Attributes& attributes, const Value& weights) {
  inputOf(operation, 0);
  outputOf(operation);
  ConvolutionShape shape = readWindow(operation, attributes, weights);
  shape.activation = attributes.activation;
  return shape;
}

/// Checks that weights (M,C/groups,KH,KW) fit x and y.
void checkWeights(const OperationView& operation, const ConvolutionShape& shape, const Value& weights);

/// Checks that the output map has the size that the window gives for the padded input map.
void checkOutputMap(const OperationView& operation, const ConvolutionShape& shape, const std::array<int32_t, 4>& pads);

/// Checks bias (M) at input `biasAt` and, after it, the residual of the output's dims.
Addends readAddends(const OperationView& operation, int64_t outputs, size_t biasAt);

}  // namespace gdws
