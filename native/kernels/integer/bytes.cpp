#include "kernels/integer/bytes.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

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

int64_t sumOfSizes(const Bytes& bytes, int64_t first, int64_t count, int32_t zeroPoint) {
  // Of so many, sums fit an int32: the compiler makes vectors of them.
  constexpr int64_t most = int64_t{1} << 20;
  int64_t sum = 0;
  for (int64_t begin = 0; begin < count; begin += most) {
    const int64_t end = std::min(count, begin + most);
    int32_t part = 0;
    for (int64_t i = begin; i < end; ++i) part += std::abs(bytes[first + i] - zeroPoint);
    sum += part;
  }
  return sum;
}

}  // namespace gdws
