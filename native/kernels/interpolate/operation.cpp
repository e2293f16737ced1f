#include "kernels/interpolate/operation.h"

#include "program/attributes.h"

namespace gdws {

namespace {

/// The axis, which x must have.
int32_t axisOf(const OperationView& operation) {
  return checkedAxis(operation, InterpolateAttributes::of(operation).axis, inputOf(operation, 0));
}

}  // namespace

InterpolateOperation::InterpolateOperation(const OperationView& operation)
    : n(operation.input(0).dims[axisOf(operation)]), indices(operation, 1, n) {
  const Value& x = inputOf(operation, 0);
  const Value& index = inputOf(operation, 1, DataType::int32);
  const Value& weight = inputOf(operation, 2);
  const Value& y = outputOf(operation);
  const int32_t axis = axisOf(operation);
  if (index.rank() != 2 || weight.dims != index.dims) {
    operation.fail("index " + describe(index.dims) + " and weight " + describe(weight.dims) + " are not (out, taps)");
  }
  out = index.dims[0];
  taps = index.dims[1];
  std::vector<int64_t> expected = x.dims;
  expected[axis] = out;
  if (y.dims != expected) operation.fail("the output is " + describe(y.dims) + ", not " + describe(expected));
  outer = y.elements == 0 ? 0 : countOf(x.dims, 0, axis);
  inner = y.elements == 0 ? 0 : countOf(x.dims, axis + 1, x.rank());
}

}  // namespace gdws
