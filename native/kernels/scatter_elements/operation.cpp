#include "kernels/scatter_elements/operation.h"

#include "program/attributes.h"

namespace gdws {

namespace {

/// The axis, which x must have.
size_t axisOf(const OperationView& operation) {
  return static_cast<size_t>(checkedAxis(operation, ScatterElementsAttributes::of(operation).axis, operation.input(0)));
}

/// The place in dims `to` of the element at `place` in dims `from`, or -1 where `to` is too short.
int64_t placeIn(const std::vector<int64_t>& to, const std::vector<int64_t>& from, int64_t place) {
  int64_t result = 0, stride = 1;
  for (size_t axis = from.size(); axis-- > 0;) {
    const int64_t position = place % from[axis];
    place /= from[axis];
    if (position >= to[axis]) return -1;
    result += position * stride;
    stride *= to[axis];
  }
  return result;
}

}  // namespace

ScatterElementsOperation::ScatterElementsOperation(const OperationView& operation)
    : type(operation.output().type),
      update(checkedUpdate(operation, ScatterElementsAttributes::of(operation).update)),
      indices(operation, 1, operation.input(0).dims[axisOf(operation)]) {
  const Value& y = operation.output();
  const Value& x = inputOf(operation, 0, type);
  const Value& index = operation.input(1);
  const auto axis = static_cast<int64_t>(axisOf(operation));
  if (y.dims != x.dims) operation.fail("the output is " + describe(y.dims) + ", the input " + describe(x.dims));
  if (index.rank() != x.rank() || inputOf(operation, 2, type).dims != index.dims) {
    operation.fail("x is " + describe(x.dims) + ", the indices " + describe(index.dims) + ", the updates " +
                   describe(operation.input(2).dims));
  }
  for (int64_t k = 0; k < static_cast<int64_t>(x.rank()); ++k) {
    if (k != axis && index.dims[k] > x.dims[k]) {
      operation.fail("indices " + describe(index.dims) + " are longer than x " + describe(x.dims));
    }
  }
  outerDims.assign(x.dims.begin(), x.dims.begin() + axis);
  innerDims.assign(x.dims.begin() + axis + 1, x.dims.end());
  updateOuterDims.assign(index.dims.begin(), index.dims.begin() + axis);
  updateInnerDims.assign(index.dims.begin() + axis + 1, index.dims.end());
  const bool isEmpty = y.elements == 0;
  outer = isEmpty ? 0 : countOf(outerDims, 0, outerDims.size());
  n = x.dims[axis];
  inner = isEmpty ? 0 : countOf(innerDims, 0, innerDims.size());
  updates = index.elements == 0 ? 0 : index.dims[axis];
  updateStep = countOf(updateInnerDims, 0, updateInnerDims.size());
}

int64_t ScatterElementsOperation::updatesOf(int64_t outerPlace, int64_t innerPlace) const {
  const int64_t row = placeIn(updateOuterDims, outerDims, outerPlace);
  const int64_t column = placeIn(updateInnerDims, innerDims, innerPlace);
  return row < 0 || column < 0 ? -1 : row * updates * updateStep + column;
}

}  // namespace gdws
