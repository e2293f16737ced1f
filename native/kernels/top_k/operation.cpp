#include "kernels/top_k/operation.h"

#include "program/attributes.h"

namespace gdws {

TopKOperation::TopKOperation(const OperationView& operation) : type(operation.input(0).type) {
  const auto attributes = TopKAttributes::of(operation);
  largest = attributes.largest;
  const Value& x = operation.input(0);
  const Value& values = outputOf(operation, type);
  const Value& indices = operation.output(1);
  if (type == DataType::boolean) operation.fail("truth values have no order");
  if (indices.type != DataType::int64) operation.fail("output 1 holds indices and is not int64");
  const auto axis = static_cast<size_t>(checkedAxis(operation, attributes.axis, x));
  std::vector<int64_t> expected = x.dims;
  if (values.rank() == x.rank()) expected[axis] = std::min(x.dims[axis], values.dims[axis]);
  if (values.dims != expected || indices.dims != expected) {
    operation.fail("the outputs are " + describe(values.dims) + " and " + describe(indices.dims) + ", x is " +
                   describe(x.dims));
  }
  n = x.dims[axis];
  k = expected[axis];
  const bool isEmpty = values.elements == 0;
  outer = isEmpty ? 0 : countOf(x.dims, 0, axis);
  inner = isEmpty ? 0 : countOf(x.dims, axis + 1, x.rank());
}

}  // namespace gdws
