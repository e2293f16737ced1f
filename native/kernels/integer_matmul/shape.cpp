#include "kernels/integer_matmul/shape.h"

#include "kernels/integer/sum_result.h"

namespace gdws {

namespace {

constexpr size_t absent = SIZE_MAX;

}  // namespace

IntegerMatmulShape IntegerMatmulShape::of(const OperationView& operation) {
  const Value& a = byteInputOf(operation, 0);
  const Value& b = byteInputOf(operation, 1);
  IntegerMatmulShape shape{};
  shape.matrices = readMatrices(operation, false, false);
  shape.aType = a.type;
  shape.bType = b.type;
  shape.hasAZeroPoint = operation.hasInput(2);
  shape.bZeroPoints = operation.hasInput(3) ? static_cast<int64_t>(operation.input(3).elements) : 0;
  const int64_t columns = shape.matrices.columns;
  checkZeroPoint(operation, 2, a.type, 1);
  checkZeroPoint(operation, 3, b.type, shape.bZeroPoints == 1 ? 1 : columns);
  if (operation.output().type != DataType::int32) operation.fail("the output is not int32");
  checkOverflow(operation, {.at = 1,
                            .zeroPointAt = 3,
                            .biasAt = absent,
                            .isConstant = b.storage == Storage::constant && b.rank() == 2,
                            .outputs = columns,
                            .depth = shape.matrices.depth,
                            .outputPitch = 1,
                            .depthPitch = columns});
  return shape;
}

}  // namespace gdws
