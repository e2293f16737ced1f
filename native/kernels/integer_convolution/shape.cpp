#include "kernels/integer_convolution/shape.h"

namespace gdws {

IntegerConvolutionShape IntegerConvolutionShape::of(const OperationView& operation) {
  const auto attributes = IntegerConvolutionAttributes::of(operation);
  const Value& x = byteInputOf(operation, 0);
  const Value& w = byteInputOf(operation, 1);
  IntegerConvolutionShape shape{};
  shape.map = readWindow(operation, attributes, w);
  shape.xType = x.type;
  shape.wType = w.type;
  shape.hasXZeroPoint = operation.hasInput(2);
  shape.hasWZeroPoint = operation.hasInput(3);
  checkWeights(operation, shape.map, w);
  checkOutputMap(operation, shape.map, attributes.pads);
  checkZeroPoint(operation, 2, x.type, 1);
  checkZeroPoint(operation, 3, w.type, shape.map.outputs);
  shape.result = SumResult::of(operation, attributes, shape.map.outputs, 4);
  const int64_t depth = shape.map.channelsPerGroup() * shape.map.window.taps();
  checkOverflow(operation, {.at = 1,
                            .zeroPointAt = 3,
                            .biasAt = 5,
                            .isConstant = operation.input(1).storage == Storage::constant,
                            .outputs = shape.map.outputs,
                            .depth = depth,
                            .outputPitch = depth,
                            .depthPitch = 1});
  return shape;
}

}  // namespace gdws
