#include "kernels/gather_elements/operation.h"

#include "program/attributes.h"

namespace gdws {

namespace {

/// The axis, which x must have.
size_t axisOf(const OperationView& operation) {
  return static_cast<size_t>(checkedAxis(operation, GatherElementsAttributes::of(operation).axis, operation.input(0)));
}

}  // namespace

GatherElementsOperation::GatherElementsOperation(const OperationView& operation)
    : elementBytes(bytesOf(operation.output().type)),
      loop(loopOver(operation.output().dims)),
      indices(operation, 1, operation.input(0).dims[axisOf(operation)]) {
  const Value& y = operation.output();
  const Value& x = inputOf(operation, 0, y.type);
  const Value& index = operation.input(1);
  const size_t axis = axisOf(operation);
  if (y.dims != index.dims || index.rank() != x.rank()) {
    operation.fail("the output is " + describe(y.dims) + ", the indices " + describe(index.dims) + ", x " +
                   describe(x.dims));
  }
  const std::vector<int64_t> strides = stridesOf(x.dims);
  step = strides[axis];
  for (size_t k = 0; k < x.rank(); ++k) {
    if (k == axis) continue;
    if (index.dims[k] > x.dims[k]) {
      operation.fail("indices " + describe(index.dims) + " are longer than x " + describe(x.dims));
    }
    loop.axes[k].strides[0] = strides[k];
  }
}

}  // namespace gdws
