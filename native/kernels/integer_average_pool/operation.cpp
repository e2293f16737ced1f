#include "kernels/integer_average_pool/operation.h"

#include <algorithm>

#include "kernels/integer/rounding.h"

namespace gdws {

IntegerAveragePoolOperation::IntegerAveragePoolOperation(const OperationView& operation)
    : xType(byteInputOf(operation, 0).type),
      range(byteOutputOf(operation).type),
      attributes(IntegerAveragePoolAttributes::of(operation)),
      pool(PoolOperation::of(operation, attributes, operation.input(0), operation.output())) {
  checkedZeroPoint(operation, attributes.xZeroPoint, xType);
  checkedZeroPoint(operation, attributes.zeroPoint, operation.output().type);
  checkedScale(operation, attributes.scale);
}

int32_t IntegerAveragePoolOperation::countOf(const PoolAxis& axis, int64_t position) const {
  const Taps taps = attributes.countIncludePad ? axis.insidePadded(position) : axis.inside(position);
  return static_cast<int32_t>(std::max<int64_t>(1, taps.count()));
}

float IntegerAveragePoolOperation::tapsOf(int64_t row, int64_t column) const {
  return static_cast<float>(int64_t{countOf(pool.height, row)} * countOf(pool.width, column));
}

uint8_t IntegerAveragePoolOperation::result(int64_t sum, float taps) const {
  const int32_t zeroPoint = attributes.zeroPoint;
  const float mean = static_cast<float>(sum) * (attributes.scale / taps);
  const int32_t rounded =
      roundWithin(mean, static_cast<float>(range.least - zeroPoint), static_cast<float>(range.most - zeroPoint));
  return static_cast<uint8_t>(rounded + zeroPoint);
}

}  // namespace gdws
