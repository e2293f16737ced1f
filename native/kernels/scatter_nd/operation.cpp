#include "kernels/scatter_nd/operation.h"

#include "program/attributes.h"

namespace gdws {

namespace {

/// The leading axes of x that tuples are positions in.
std::vector<int64_t> indexed(const OperationView& operation) {
  const Value& x = operation.input(0);
  const Value& index = operation.input(1);
  if (index.rank() == 0 || index.dims.back() < 1 || index.dims.back() > static_cast<int64_t>(x.rank())) {
    operation.fail("indices " + describe(index.dims) + " are no positions in " + describe(x.dims));
  }
  return {x.dims.begin(), x.dims.begin() + index.dims.back()};
}

}  // namespace

ScatterNDOperation::ScatterNDOperation(const OperationView& operation)
    : type(operation.output().type),
      update(checkedUpdate(operation, ScatterNDAttributes::of(operation).update)),
      tuples(operation, 1, indexed(operation)) {
  const Value& y = operation.output();
  const Value& x = inputOf(operation, 0, type);
  const Value& index = operation.input(1);
  if (y.dims != x.dims) operation.fail("the output is " + describe(y.dims) + ", the input " + describe(x.dims));
  std::vector<int64_t> expected(index.dims.begin(), index.dims.end() - 1);
  expected.insert(expected.end(), x.dims.begin() + index.dims.back(), x.dims.end());
  if (inputOf(operation, 2, type).dims != expected) {
    operation.fail("the updates are " + describe(operation.input(2).dims) + ", not " + describe(expected));
  }
  elements = static_cast<int64_t>(y.elements);
  inner = elements == 0 ? 0 : countOf(x.dims, static_cast<size_t>(index.dims.back()), x.rank());
}

}  // namespace gdws
