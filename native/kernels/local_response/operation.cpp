#include "kernels/local_response/operation.h"

#include "program/attributes.h"

namespace gdws {

LocalResponseOperation::LocalResponseOperation(const OperationView& operation) {
  const auto attributes = LocalResponseAttributes::of(operation);
  size = attributes.size;
  alpha = attributes.alpha;
  beta = attributes.beta;
  bias = attributes.bias;
  const Value& x = inputOf(operation, 0);
  outputLike(operation, x);
  if (x.rank() < 2) operation.fail("x " + describe(x.dims) + " has no channel axis");
  if (size < 1) operation.fail("a window of " + std::to_string(size) + " channels");
  const bool empty = x.elements == 0;
  batch = empty ? 0 : x.dims[0];
  channels = empty ? 0 : x.dims[1];
  pixels = empty ? 0 : countOf(x.dims, 2, x.rank());
}

}  // namespace gdws
