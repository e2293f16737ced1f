#include "kernels/strided/operation.h"

#include "program/attributes.h"

namespace gdws {

StridedOperation::StridedOperation(const OperationView& operation) {
  const auto attributes = StridedAttributes::of(operation);
  offset = attributes.offset;
  const Value& y = operation.output();
  const Value& x = inputOf(operation, 0, y.type);
  elementBytes = bytesOf(y.type);
  if (attributes.strides.size() != y.rank()) {
    operation.fail(std::to_string(attributes.strides.size()) + " strides for the axes of " + describe(y.dims));
  }
  loop.elements = static_cast<int64_t>(y.elements);
  int64_t lowest = offset;
  int64_t highest = offset;
  const auto elements = static_cast<int64_t>(x.elements);
  for (size_t axis = 0; axis < y.rank(); ++axis) {
    const int64_t stride = attributes.strides[axis];
    loop.axes.push_back({y.dims[axis], {stride}});
    if (loop.elements == 0) continue;
    // Each step is below 2^62; stopping at the first excess keeps the sums far from overflow.
    (stride < 0 ? lowest : highest) += (y.dims[axis] - 1) * stride;
    if (highest - offset >= elements || offset - lowest >= elements) break;
  }
  if (loop.elements > 0 && (lowest < 0 || highest >= elements)) {
    operation.fail("the strides leave x " + describe(x.dims));
  }
}

}  // namespace gdws
