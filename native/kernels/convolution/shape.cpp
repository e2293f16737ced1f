#include "kernels/convolution/shape.h"

#include <string>

namespace gdws {

namespace {

const Value& rankFour(const OperationView& operation, const Value& value, const char* what) {
  if (value.rank() != 4) operation.fail(std::string(what) + " is " + describe(value.dims) + ", not of 4 dims");
  return value;
}

/// Output length along one axis, 0 where the kernel is longer than the padded map. Every term is below 2^63:
/// attributes and dims are below 2^31.
int64_t outputLength(int64_t length, int64_t padBegin, int64_t padEnd, int64_t kernel, int64_t dilation,
                     int64_t stride) {
  const int64_t room = length + padBegin + padEnd - ((kernel - 1) * dilation + 1);
  return room < 0 ? 0 : room / stride + 1;
}

}  // namespace

ConvolutionShape readMaps(const OperationView& operation, const Value& weights) {
  const Value& x = rankFour(operation, operation.input(0), "the input");
  const Value& y = rankFour(operation, operation.output(), "the output");
  rankFour(operation, weights, "the kernel");
  ConvolutionShape shape{};
  shape.batch = x.dims[0];
  shape.channels = x.dims[1];
  shape.height = x.dims[2];
  shape.width = x.dims[3];
  shape.outputs = y.dims[1];
  shape.outputHeight = y.dims[2];
  shape.outputWidth = y.dims[3];
  if (y.dims[0] != shape.batch) operation.fail("input and output differ in their batch");
  Window& window = shape.window;
  window.kernelHeight = weights.dims[2];
  window.kernelWidth = weights.dims[3];
  if (window.kernelHeight == 0 || window.kernelWidth == 0) operation.fail("the kernel has no taps");
  return shape;
}

void checkOutputMap(const OperationView& operation, const ConvolutionShape& shape, const std::array<int32_t, 4>& pads) {
  const Window& window = shape.window;
  const int64_t height = outputLength(shape.height, window.padTop, pads[2], window.kernelHeight, window.dilationHeight,
                                      window.strideHeight);
  const int64_t width =
      outputLength(shape.width, window.padLeft, pads[3], window.kernelWidth, window.dilationWidth, window.strideWidth);
  if (height != shape.outputHeight || width != shape.outputWidth) {
    operation.fail("the output map is " + describe({shape.outputHeight, shape.outputWidth}) +
                   " where the window makes " + describe({height, width}));
  }
}

Addends readAddends(const OperationView& operation, int64_t outputs, size_t biasAt) {
  if (operation.hasInput(biasAt) && inputOf(operation, biasAt).dims != std::vector<int64_t>{outputs}) {
    operation.fail("the bias is " + describe(operation.input(biasAt).dims) + " for " + std::to_string(outputs) +
                   " output channels");
  }
  if (operation.hasInput(biasAt + 1) && inputOf(operation, biasAt + 1).dims != operation.output().dims) {
    operation.fail("the residual is " + describe(operation.input(biasAt + 1).dims) + ", the output " +
                   describe(operation.output().dims));
  }
  return Addends(operation, biasAt);
}

void checkWeights(const OperationView& operation, const ConvolutionShape& shape, const Value& weights) {
  if (shape.channels % shape.groups != 0 || shape.outputs % shape.groups != 0 ||
      weights.dims[1] != shape.channelsPerGroup() || weights.dims[0] != shape.outputs) {
    operation.fail("weights " + describe(weights.dims) + " do not take " + std::to_string(shape.channels) +
                   " channels to " + std::to_string(shape.outputs) + " in " + std::to_string(shape.groups) + " groups");
  }
}

ConvolutionShape ConvolutionShape::of(const OperationView& operation) {
  const auto attributes = ConvolutionAttributes::of(operation);
  const Value& w = inputOf(operation, 1);
  ConvolutionShape shape = readConvolution(operation, attributes, w);
  checkWeights(operation, shape, w);
  checkOutputMap(operation, shape, attributes.pads);
  shape.addends = readAddends(operation, shape.outputs, 2);
  return shape;
}

ConvolutionShape ConvolutionShape::ofTransposed(const OperationView& operation) {
  const Value& w = inputOf(operation, 1);
  ConvolutionShape shape = readConvolution(operation, ConvolutionTransposeAttributes::of(operation), w);
  if (shape.channels % shape.groups != 0 || shape.outputs % shape.groups != 0 || w.dims[0] != shape.channels ||
      w.dims[1] != shape.outputsPerGroup()) {
    operation.fail("weights " + describe(w.dims) + " do not take " + std::to_string(shape.channels) + " channels to " +
                   std::to_string(shape.outputs) + " in " + std::to_string(shape.groups) + " groups");
  }
  shape.addends = readAddends(operation, shape.outputs, 2);
  if (operation.hasInput(3)) operation.fail("a transposed convolution takes no residual");
  return shape;
}

}  // namespace gdws
