#include "kernels/cumulative_sum/operation.h"

#include "kernels/integers.h"

namespace gdws {

CumulativeSumOperation::CumulativeSumOperation(const OperationView& operation)
    : type(arithmeticType(operation)),
      exclusive(integerBelow(operation, 1, 2, "exclusive") == 1),
      reverse(integerBelow(operation, 2, 2, "reverse") == 1) {
  const Value& x = operation.input(0);
  const Value& y = outputOf(operation, type);
  if (y.dims != x.dims) operation.fail("the output is " + describe(y.dims) + ", the input " + describe(x.dims));
  const auto axis = static_cast<size_t>(integerBelow(operation, 0, static_cast<int64_t>(x.rank()), "axis"));
  outer = y.elements == 0 ? 0 : countOf(x.dims, 0, axis);
  n = x.dims[axis];
  inner = y.elements == 0 ? 0 : countOf(x.dims, axis + 1, x.rank());
}

}  // namespace gdws
