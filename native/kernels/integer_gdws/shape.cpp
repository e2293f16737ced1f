#include "kernels/integer_gdws/shape.h"

#include <cmath>
#include <utility>

#include "kernels/gdws/shape.h"

namespace gdws {

namespace {

constexpr size_t absent = SIZE_MAX;

void checkFeatures(const OperationView& operation, const IntegerGdwsShape& shape) {
  const auto within = [](DataType type, int32_t number) {
    return number >= ByteRange(type).least && number <= ByteRange(type).most;
  };
  const auto fits = [&](DataType type) {
    return within(type, shape.featureZeroPoint) && within(type, shape.featureLeast) && within(type, shape.featureMost);
  };
  if (shape.featureLeast > shape.featureMost || !(fits(DataType::uint8) || fits(DataType::int8))) {
    operation.fail("the features' zero point and limits are not of uint8 or of int8");
  }
  const Value& scale = inputOf(operation, 4);
  if (scale.dims != std::vector<int64_t>{shape.intermediate}) {
    operation.fail("the depthwise scale is " + describe(scale.dims) + " for " + std::to_string(shape.intermediate) +
                   " kernels");
  }
  if (scale.storage == Storage::constant) {
    for (int64_t g = 0; g < shape.intermediate; ++g) {
      if (!std::isfinite(static_cast<const float*>(scale.data)[g])) operation.fail("a scale is not finite");
    }
  }
  if (shape.hasDepthwiseBias &&
      inputOf(operation, 5, DataType::int32).dims != std::vector<int64_t>{shape.intermediate}) {
    operation.fail("the depthwise bias is " + describe(operation.input(5).dims) + " for " +
                   std::to_string(shape.intermediate) + " kernels");
  }
}

}  // namespace

IntegerGdwsShape IntegerGdwsShape::of(const OperationView& operation) {
  auto attributes = IntegerGdwsAttributes::of(operation);
  const Value& x = byteInputOf(operation, 0);
  const Value& d = inputOf(operation, 1, DataType::int8);
  const Value& p = inputOf(operation, 2, DataType::int8);
  IntegerGdwsShape shape{};
  shape.map = readWindow(operation, attributes, d);
  shape.intermediate = d.dims[0];
  shape.kernelsOf = std::move(attributes.kernels);
  shape.xType = x.type;
  shape.hasXZeroPoint = operation.hasInput(3);
  shape.hasDepthwiseBias = operation.hasInput(5);
  shape.featureZeroPoint = attributes.featureZeroPoint;
  shape.featureLeast = attributes.featureLeast;
  shape.featureMost = attributes.featureMost;
  checkOutputMap(operation, shape.map, attributes.pads);
  checkStages(operation, shape.map, d, p, shape.kernelsOf);
  checkZeroPoint(operation, 3, x.type, 1);
  checkFeatures(operation, shape);
  shape.result = SumResult::of(operation, attributes, shape.map.outputs, 6);
  checkOverflow(operation, {.at = 1,
                            .zeroPointAt = absent,
                            .biasAt = 5,
                            .isConstant = operation.input(1).storage == Storage::constant,
                            .outputs = shape.intermediate,
                            .depth = shape.map.window.taps(),
                            .outputPitch = shape.map.window.taps(),
                            .depthPitch = 1});
  checkOverflow(operation, {.at = 2,
                            .zeroPointAt = absent,
                            .biasAt = 7,
                            .isConstant = operation.input(2).storage == Storage::constant,
                            .outputs = shape.map.outputs,
                            .depth = shape.depth(),
                            .outputPitch = shape.depth(),
                            .depthPitch = 1});
  return shape;
}

}  // namespace gdws
