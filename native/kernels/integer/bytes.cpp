#include "kernels/integer/bytes.h"

#include <cmath>

namespace gdws {

const Value& byteInputOf(const OperationView& operation, size_t i) {
  const Value& value = operation.input(i);
  if (!isByte(value.type)) operation.fail("input " + std::to_string(i) + " is neither uint8 nor int8");
  return value;
}

const Value& byteOutputOf(const OperationView& operation) {
  if (!isByte(operation.output().type)) operation.fail("the output is neither uint8 nor int8");
  return operation.output();
}

int32_t checkedZeroPoint(const OperationView& operation, int32_t zeroPoint, DataType type) {
  const ByteRange range(type);
  if (zeroPoint < range.least || zeroPoint > range.most) {
    operation.fail("zero point " + std::to_string(zeroPoint) + " is not between " + std::to_string(range.least) +
                   " and " + std::to_string(range.most));
  }
  return zeroPoint;
}

float checkedScale(const OperationView& operation, float scale) {
  if (!(scale > 0) || !std::isfinite(scale)) {
    operation.fail("scale " + std::to_string(scale) + " is not finite and above 0");
  }
  return scale;
}

}  // namespace gdws
