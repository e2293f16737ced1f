#include "kernels/matmul/shape.h"

#include <algorithm>
#include <string>

namespace gdws {

namespace {

/// Lets the loop over y's matrices step over those of operand k, whose leading dims are broadcast to its axes.
void addOperand(const OperationView& operation, StridedLoop& matrices, size_t k, const std::vector<int64_t>& dims) {
  const size_t own = dims.size() - 2;
  if (own > matrices.axes.size()) operation.fail("an operand " + describe(dims) + " has more dims than the product");
  int64_t stride = 1;
  for (size_t back = 1; back <= own; ++back) {
    StridedLoop::Axis& axis = matrices.axes[matrices.axes.size() - back];
    const int64_t dim = dims[own - back];
    if (dim != 1 && dim != axis.dim) {
      operation.fail("the batch of " + describe(dims) + " does not broadcast to " + describe(operation.output().dims));
    }
    axis.strides[k] = dim == 1 ? 0 : stride;
    stride *= dim;
  }
}

StridedLoop loopOverMatrices(const OperationView& operation) {
  const std::vector<int64_t>& dims = operation.output().dims;
  StridedLoop matrices;
  for (size_t axis = 0; axis + 2 < dims.size(); ++axis) {
    matrices.axes.push_back({dims[axis], {}});
    matrices.elements *= dims[axis];
  }
  addOperand(operation, matrices, 0, operation.input(0).dims);
  addOperand(operation, matrices, 1, operation.input(1).dims);
  return matrices.collapsed();
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
  shape.matrices = loopOverMatrices(operation);
  return shape;
}

}  // namespace gdws
