#include "kernels/matmul/shape.h"

#include <algorithm>
#include <string>

#include "program/attributes.h"

namespace gdws {

namespace {

/// The dims before the two of a matrix.
std::vector<int64_t> batchOf(const Value& value) { return {value.dims.begin(), value.dims.end() - 2}; }

}  // namespace

MatmulShape readMatrices(const OperationView& operation, bool transposeA, bool transposeB) {
  const Value& a = operation.input(0);
  const Value& b = operation.input(1);
  const Value& y = operation.output();
  if (a.rank() < 2 || b.rank() < 2 || y.rank() < 2) operation.fail("a matrix product takes matrices");
  MatmulShape shape{};
  shape.transposeA = transposeA;
  shape.transposeB = transposeB;
  shape.rows = a.dims[a.rank() - (shape.transposeA ? 1 : 2)];
  shape.depth = a.dims[a.rank() - (shape.transposeA ? 2 : 1)];
  shape.columns = b.dims[b.rank() - (shape.transposeB ? 2 : 1)];
  if (b.dims[b.rank() - (shape.transposeB ? 1 : 2)] != shape.depth || y.dims[y.rank() - 2] != shape.rows ||
      y.dims[y.rank() - 1] != shape.columns) {
    operation.fail(describe(a.dims) + " by " + describe(b.dims) + " is no " + describe(y.dims));
  }
  StridedLoop matrices = loopOver(batchOf(y));
  broadcastOperand(operation, matrices, 0, batchOf(a));
  broadcastOperand(operation, matrices, 1, batchOf(b));
  shape.matrices = matrices.collapsed();
  return shape;
}

MatmulShape MatmulShape::of(const OperationView& operation) {
  inputOf(operation, 0);
  inputOf(operation, 1);
  const Value& y = outputOf(operation);
  const auto attributes = MatmulAttributes::of(operation);
  MatmulShape shape = readMatrices(operation, attributes.transposeA, attributes.transposeB);
  shape.alpha = attributes.alpha;
  shape.activation = attributes.activation;
  if (operation.hasInput(2)) {
    shape.biasLength = static_cast<int64_t>(inputOf(operation, 2).elements);
    if (shape.biasLength != shape.columns && shape.biasLength != 1) {
      operation.fail("the bias is " + describe(operation.input(2).dims) + " for " + std::to_string(shape.columns) +
                     " columns");
    }
  }
  if (operation.hasInput(3) && inputOf(operation, 3).dims != y.dims) {
    operation.fail("the residual is " + describe(operation.input(3).dims) + ", the output " + describe(y.dims));
  }
  shape.addends = Addends(operation, 2);
  return shape;
}

}  // namespace gdws
