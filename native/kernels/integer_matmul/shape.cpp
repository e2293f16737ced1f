#include "kernels/integer_matmul/shape.h"

#include "program/attributes.h"

namespace gdws {

IntegerMatmulShape IntegerMatmulShape::of(const OperationView& operation) {
  const auto attributes = IntegerMatmulAttributes::of(operation);
  const Value& a = byteInputOf(operation, 0);
  const Value& b = byteInputOf(operation, 1);
  IntegerMatmulShape shape{};
  shape.matrices = readMatrices(operation, attributes.transposeA, attributes.transposeB);
  shape.aType = a.type;
  shape.bType = b.type;
  shape.hasAZeroPoint = operation.hasInput(2);
  shape.bZeroPoints = operation.hasInput(3) ? static_cast<int64_t>(operation.input(3).elements) : 0;
  const int64_t columns = shape.matrices.columns;
  checkZeroPoint(operation, 2, a.type, 1);
  checkZeroPoint(operation, 3, b.type, shape.bZeroPoints == 1 ? 1 : columns);
  shape.result = SumResult::of(operation, attributes, columns, 4);
  checkOverflow(operation, {.at = 1,
                            .zeroPointAt = 3,
                            .biasAt = 5,
                            .isConstant = b.storage == Storage::constant && b.rank() == 2,
                            .outputs = columns,
                            .depth = shape.matrices.depth,
                            .outputPitch = shape.matrices.bColumnPitch(),
                            .depthPitch = shape.matrices.bDepthPitch()});
  return shape;
}

}  // namespace gdws
