#include "kernels/integer/axis_scales.h"

#include <algorithm>

namespace gdws {

namespace {

void checkZeroPoint(const OperationView& operation, const Value& scale, DataType type) {
  const Value& zeroPoint = inputOf(operation, 2, type);
  if (zeroPoint.dims != scale.dims) {
    operation.fail("the zero point is " + describe(zeroPoint.dims) + ", the scale " + describe(scale.dims));
  }
  if (type != DataType::int32) return;
  const auto* numbers = static_cast<const int32_t*>(zeroPoint.data);
  const auto isZero = [](int32_t number) { return number == 0; };
  if (numbers == nullptr || !std::all_of(numbers, numbers + zeroPoint.elements, isZero)) {
    operation.fail("the zero point of int32 is not a constant 0");
  }
}

}  // namespace

AxisScales::AxisScales(const OperationView& operation, int32_t axis, DataType quantized)
    : type(quantized), hasZeroPoint(operation.hasInput(2) && quantized != DataType::int32) {
  const Value& x = operation.input(0);
  const Value& scale = inputOf(operation, 1);
  if (scale.elements == 1 && scale.rank() <= 1) {
    outer = 1;
    n = 1;
    inner = static_cast<int64_t>(x.elements);
  } else {
    const auto at = static_cast<size_t>(checkedAxis(operation, axis, x));
    if (scale.dims != std::vector<int64_t>{x.dims[at]}) {
      operation.fail("the scale is " + describe(scale.dims) + ", neither (1) nor (" + std::to_string(x.dims[at]) + ")");
    }
    outer = x.elements == 0 ? 0 : countOf(x.dims, 0, at);
    n = x.dims[at];
    inner = x.elements == 0 ? 0 : countOf(x.dims, at + 1, x.rank());
  }
  if (scale.data != nullptr) {
    const auto* scales = static_cast<const float*>(scale.data);
    for (size_t k = 0; k < scale.elements; ++k) checkedScale(operation, scales[k]);
  }
  if (!hasZeroPoint) zeros.resize(static_cast<size_t>(n));
  if (operation.hasInput(2)) checkZeroPoint(operation, scale, type);
}

StridedLoop AxisScales::loop() const {
  StridedLoop result = loopOver({outer, n, inner});
  result.axes[1].strides[0] = 1;
  return result.collapsed();
}

}  // namespace gdws
