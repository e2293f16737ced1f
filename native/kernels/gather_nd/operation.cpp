#include "kernels/gather_nd/operation.h"

#include "program/attributes.h"

namespace gdws {

namespace {

struct Axes {
  size_t batches;
  size_t end;  ///< of those that tuples are positions in
};

Axes axesOf(const OperationView& operation) {
  const Value& x = operation.input(0);
  const Value& index = operation.input(1);
  const auto rank = static_cast<int64_t>(std::min(x.rank() + 1, index.rank()));
  const int32_t wanted = GatherNDAttributes::of(operation).batchAxes;
  const auto batches = static_cast<size_t>(checkedBelow(operation, wanted, rank, "number of batch axes"));
  const int64_t depth = index.dims.back();
  if (depth < 1 || depth > static_cast<int64_t>(x.rank() - batches)) {
    operation.fail("indices " + describe(index.dims) + " are no positions in " + describe(x.dims));
  }
  return {batches, batches + static_cast<size_t>(depth)};
}

std::vector<int64_t> indexed(const OperationView& operation) {
  const auto [batches, end] = axesOf(operation);
  const std::vector<int64_t>& dims = operation.input(0).dims;
  return {dims.begin() + static_cast<int64_t>(batches), dims.begin() + static_cast<int64_t>(end)};
}

}  // namespace

GatherNDOperation::GatherNDOperation(const OperationView& operation)
    : elementBytes(bytesOf(operation.output().type)), tuples(operation, 1, indexed(operation)) {
  const Value& y = operation.output();
  const Value& x = inputOf(operation, 0, y.type);
  const Value& index = operation.input(1);
  const auto [batches, end] = axesOf(operation);
  for (size_t axis = 0; axis < batches; ++axis) {
    if (index.dims[axis] != x.dims[axis]) {
      operation.fail("x " + describe(x.dims) + " and indices " + describe(index.dims) + " have other batches");
    }
  }
  std::vector<int64_t> expected(index.dims.begin(), index.dims.end() - 1);
  expected.insert(expected.end(), x.dims.begin() + static_cast<int64_t>(end), x.dims.end());
  if (y.dims != expected) operation.fail("the output is " + describe(y.dims) + ", not " + describe(expected));
  items = y.elements == 0 ? 0 : tuples.count();
  perBatch = std::max<int64_t>(1, countOf(index.dims, batches, index.rank() - 1));
  slices = countOf(x.dims, batches, end);
  inner = countOf(x.dims, end, x.rank());
}

}  // namespace gdws
