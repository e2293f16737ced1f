#include "kernels/local_response/operation.h"

namespace gdws {

LocalResponseOperation::LocalResponseOperation(const OperationView& operation)
    : size(operation.integer(0)), alpha(operation.real(0)), beta(operation.real(1)), bias(operation.real(2)) {
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
