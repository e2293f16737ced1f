#include "kernels/gather/operation.h"

namespace gdws {

namespace {

int64_t lengthOfAxis(const OperationView& operation) {
  const Value& x = operation.input(0);
  return x.dims[integerBelow(operation, 0, static_cast<int64_t>(x.rank()), "axis")];
}

}  // namespace

GatherOperation::GatherOperation(const OperationView& operation)
    : n(lengthOfAxis(operation)), indices(operation, 1, n) {
  const Value& y = operation.output();
  const Value& x = inputOf(operation, 0, y.type);
  const int32_t axis = integerBelow(operation, 0, static_cast<int64_t>(x.rank()), "axis");
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
