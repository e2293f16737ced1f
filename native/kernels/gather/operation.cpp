#include "kernels/gather/operation.h"

#include "program/attributes.h"

namespace gdws {

namespace {

/// The axis, which x must have.
int32_t axisOf(const OperationView& operation) {
  return checkedAxis(operation, GatherAttributes::of(operation).axis, operation.input(0));
}

}  // namespace

GatherOperation::GatherOperation(const OperationView& operation)
    : n(operation.input(0).dims[axisOf(operation)]), indices(operation, 1, n) {
  const Value& y = operation.output();
  const Value& x = inputOf(operation, 0, y.type);
  const int32_t axis = axisOf(operation);
  std::vector<int64_t> expected(x.dims.begin(), x.dims.begin() + axis);
  const std::vector<int64_t>& indexDims = operation.input(1).dims;
  expected.insert(expected.end(), indexDims.begin(), indexDims.end());
  expected.insert(expected.end(), x.dims.begin() + axis + 1, x.dims.end());
  if (y.dims != expected) operation.fail("the output is " + describe(y.dims) + ", not " + describe(expected));
  outer = y.elements == 0 ? 0 : countOf(x.dims, 0, axis);
  inner = y.elements == 0 ? 0 : countOf(x.dims, axis + 1, x.rank());
  elementBytes = bytesOf(y.type);
}

}  // namespace gdws
