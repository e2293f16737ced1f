#include "kernels/concat/operation.h"

#include "program/attributes.h"

namespace gdws {

ConcatOperation::ConcatOperation(const OperationView& operation) {
  const Value& y = operation.output();
  const int32_t axis = checkedAxis(operation, ConcatAttributes::of(operation).axis, y);
  outer = y.elements == 0 ? 0 : countOf(y.dims, 0, axis);
  const int64_t inner = countOf(y.dims, axis + 1, y.rank()) * static_cast<int64_t>(bytesOf(y.type));
  int64_t along = 0;
  for (size_t i = 0; i < operation.inputCount(); ++i) {
    const Value& x = inputOf(operation, i, y.type);
    std::vector<int64_t> expected = y.dims;
    if (x.rank() == y.rank()) expected[axis] = x.dims[axis];
    if (x.dims != expected) {
      operation.fail("input " + std::to_string(i) + " " + describe(x.dims) + " does not fit the output " +
                     describe(y.dims));
    }
    along += x.dims[axis];
    rowBytes.push_back(outer == 0 ? 0 : x.dims[axis] * inner);
  }
  if (along != y.dims[axis]) {
    operation.fail("the inputs have " + std::to_string(along) + " along the axis, the output " +
                   std::to_string(y.dims[axis]));
  }
}

}  // namespace gdws
