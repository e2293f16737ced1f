#include "kernels/dynamic_quantize/operation.h"

#include "kernels/integer/rounding.h"

namespace gdws {

DynamicQuantizeOperation::DynamicQuantizeOperation(const OperationView& operation)
    : elements(static_cast<int64_t>(operation.output().elements)) {
  const Value& x = inputOf(operation, 0);
  const Value& y = outputOf(operation, DataType::uint8);
  if (y.dims != x.dims) operation.fail("the output is " + describe(y.dims) + ", the input " + describe(x.dims));
  if (operation.outputCount() != 3) operation.fail("there are not three outputs");
  const Value& scale = operation.output(1);
  const Value& zeroPoint = operation.output(2);
  if (scale.type != DataType::float32 || scale.rank() != 0) operation.fail("output 1 is not one float32");
  if (zeroPoint.type != DataType::uint8 || zeroPoint.rank() != 0) operation.fail("output 2 is not one uint8");
}

DynamicScale::DynamicScale(float least, float most) {
  // Without a range onnxruntime takes 1, where ONNX would divide by 0.
  scale = most == least ? 1 : (most - least) / 255;
  const float zero = 0 - least / scale;
  // Where an infinity makes it NaN, onnxruntime takes the largest.
  zeroPoint = roundWithin(zero < 255 ? zero : 255, 0, 255);
}

}  // namespace gdws
