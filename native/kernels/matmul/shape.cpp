#include "kernels/matmul/shape.h"

#include <algorithm>
#include <string>

namespace gdws {

namespace {

/// Of each matrix of y (leading dims `batch`), the matrix of an operand whose leading dims are broadcast to them.
std::vector<int64_t> matrices(const OperationView& operation, const std::vector<int64_t>& batch,
                              const std::vector<int64_t>& dims) {
  const size_t own = dims.size() - 2;
  if (own > batch.size()) operation.fail("an operand " + describe(dims) + " has more dims than the product");
  std::vector<int64_t> found{0};
  for (size_t axis = 0; axis < batch.size(); ++axis) {
    const bool present = axis + own >= batch.size();
    const int64_t dim = present ? dims[axis + own - batch.size()] : 1;
    if (dim != 1 && dim != batch[axis]) {
      operation.fail("the batch of " + describe(dims) + " does not broadcast to " + describe(batch));
    }
    std::vector<int64_t> next;
    next.reserve(found.size() * static_cast<size_t>(batch[axis]));
    for (const int64_t matrix : found) {
      for (int64_t i = 0; i < batch[axis]; ++i) next.push_back(matrix * dim + (dim == 1 ? 0 : i));
    }
    found = std::move(next);
  }
  return found;
}

}  // namespace

MatmulShape MatmulShape::of(const OperationView& operation) {
  const Value& a = inputOf(operation, 0);
  const Value& b = inputOf(operation, 1);
  const Value& y = outputOf(operation);
  if (a.rank() < 2 || b.rank() < 2 || y.rank() < 2) operation.fail("a matrix product takes matrices");
  MatmulShape shape{};
  shape.transposeA = integerBelow(operation, 0, 2, "transposeA") == 1;
  shape.transposeB = integerBelow(operation, 1, 2, "transposeB") == 1;
  shape.alpha = operation.real(0);
  shape.activation = FusedActivation::of(operation, 2, 1);
  shape.rows = a.dims[a.rank() - (shape.transposeA ? 1 : 2)];
  shape.depth = a.dims[a.rank() - (shape.transposeA ? 2 : 1)];
  shape.columns = b.dims[b.rank() - (shape.transposeB ? 2 : 1)];
  if (b.dims[b.rank() - (shape.transposeB ? 1 : 2)] != shape.depth || y.dims[y.rank() - 2] != shape.rows ||
      y.dims[y.rank() - 1] != shape.columns) {
    operation.fail(describe(a.dims) + " by " + describe(b.dims) + " is no " + describe(y.dims));
  }
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
  // Without elements there is nothing to run, and the batch may be as large as it says.
  if (y.elements == 0) return shape;
  const std::vector<int64_t> batch(y.dims.begin(), y.dims.end() - 2);
  shape.matrixOfA = matrices(operation, batch, a.dims);
  shape.matrixOfB = matrices(operation, batch, b.dims);
  return shape;
}

}  // namespace gdws
