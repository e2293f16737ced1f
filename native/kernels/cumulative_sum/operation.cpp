#include "kernels/cumulative_sum/operation.h"

#include "kernels/integers.h"
#include "program/attributes.h"

namespace gdws {

CumulativeSumOperation::CumulativeSumOperation(const OperationView& operation) : type(arithmeticType(operation)) {
  const auto attributes = CumulativeSumAttributes::of(operation);
  exclusive = attributes.exclusive;
  reverse = attributes.reverse;
  const Value& x = operation.input(0);
  const Value& y = outputOf(operation, type);
  if (y.dims != x.dims) operation.fail("the output is " + describe(y.dims) + ", the input " + describe(x.dims));
  const auto axis = static_cast<size_t>(checkedAxis(operation, attributes.axis, x));
  outer = y.elements == 0 ? 0 : countOf(x.dims, 0, axis);
  n = x.dims[axis];
  inner = y.elements == 0 ? 0 : countOf(x.dims, axis + 1, x.rank());
}

}  // namespace gdws
