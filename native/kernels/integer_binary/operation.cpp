#include "kernels/integer_binary/operation.h"

#include <cmath>

namespace gdws {

IntegerBinaryOperation::IntegerBinaryOperation(const OperationView& operation)
    : aType(byteInputOf(operation, 0).type),
      bType(byteInputOf(operation, 1).type),
      yType(byteOutputOf(operation).type),
      attributes(IntegerBinaryAttributes::of(operation)),
      loop(broadcastLoop(operation, operation.output(), {&operation.input(0), &operation.input(1)})) {
  checkedZeroPoint(operation, attributes.aZeroPoint, aType);
  checkedZeroPoint(operation, attributes.bZeroPoint, bType);
  checkedZeroPoint(operation, attributes.zeroPoint, yType);
  // Below 0, an operand is subtracted.
  checkedScale(operation, std::abs(attributes.aScale));
  if (attributes.function == IntegerBinaryFunction::add) checkedScale(operation, std::abs(attributes.bScale));
  const ByteRange range(yType);
  if (attributes.least < range.least || attributes.most > range.most || attributes.least > attributes.most) {
    operation.fail("limits " + std::to_string(attributes.least) + " and " + std::to_string(attributes.most) +
                   " are not in order between " + std::to_string(range.least) + " and " + std::to_string(range.most));
  }
}

}  // namespace gdws
