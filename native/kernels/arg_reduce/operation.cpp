#include "kernels/arg_reduce/operation.h"

#include "program/attributes.h"

namespace gdws {

ArgReduceOperation::ArgReduceOperation(const OperationView& operation) {
  const auto attributes = ArgReduceAttributes::of(operation);
  smallest = attributes.extreme == Extreme::min;
  selectLast = attributes.selectLast;
  const Value& x = inputOf(operation, 0);
  const Value& y = outputOf(operation, DataType::int64);
  const int32_t axis = checkedAxis(operation, attributes.axis, x);
  outer = countOf(x.dims, 0, axis);
  n = x.dims[axis];
  inner = countOf(x.dims, axis + 1, x.rank());
  if (y.elements == 0) {
    if (outer != 0 && inner != 0) operation.fail("the output of x " + describe(x.dims) + " is empty");
    outer = inner = 0;
    return;
  }
  if (n == 0) operation.fail("no largest of no elements: x is " + describe(x.dims));
  // Divided, since the product of y's elements and n may not fit an int64.
  if (y.elements != x.elements / static_cast<size_t>(n)) {
    operation.fail("the output " + describe(y.dims) + " does not fit x " + describe(x.dims));
  }
}

}  // namespace gdws
