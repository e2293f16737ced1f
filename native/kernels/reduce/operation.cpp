#include "kernels/reduce/operation.h"

#include "kernels/integers.h"
#include "program/attributes.h"

namespace gdws {

ReduceOperation::ReduceOperation(const OperationView& operation) : type(arithmeticType(operation)) {
  const auto attributes = ReduceAttributes::of(operation);
  function = attributes.function;
  const Value& x = operation.input(0);
  const Value& y = outputOf(operation, type);
  if (type != DataType::float32 && !hasIntegerForm(function)) operation.fail("integers have no such reduction");
  std::vector<bool> isReduced(x.rank());
  for (const int32_t axis : attributes.axes) {
    isReduced[checkedAxis(operation, axis, x)] = true;
  }
  const std::vector<int64_t> strides = stridesOf(x.dims);
  std::vector<int64_t> expected = x.dims;
  std::vector<int64_t> reducedDims;
  for (size_t axis = 0; axis < x.rank(); ++axis) {
    (isReduced[axis] ? reduced : kept).axes.push_back({x.dims[axis], {strides[axis]}});
    if (isReduced[axis]) {
      expected[axis] = 1;
      reducedDims.push_back(x.dims[axis]);
    }
  }
  if (y.dims != expected) operation.fail("the output is " + describe(y.dims) + ", not " + describe(expected));
  kept.elements = static_cast<int64_t>(y.elements);
  reduced.elements = y.elements == 0 ? 0 : countOf(reducedDims, 0, reducedDims.size());
}

}  // namespace gdws
