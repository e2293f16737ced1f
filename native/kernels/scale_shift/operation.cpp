#include "kernels/scale_shift/operation.h"

#include "program/attributes.h"

namespace gdws {

ScaleShiftOperation::ScaleShiftOperation(const OperationView& operation)
    : activation(ScaleShiftAttributes::of(operation).activation) {
  const Value& x = inputOf(operation, 0);
  outputLike(operation, x);
  if (x.rank() < 2) operation.fail("x " + describe(x.dims) + " has no channel axis");
  for (const size_t i : {size_t{1}, size_t{2}}) {
    if (inputOf(operation, i).dims != std::vector<int64_t>{x.dims[1]}) {
      operation.fail("input " + std::to_string(i) + " is " + describe(operation.input(i).dims) + ", not (" +
                     std::to_string(x.dims[1]) + ")");
    }
  }
  const bool empty = x.elements == 0;
  batch = empty ? 0 : x.dims[0];
  channels = empty ? 0 : x.dims[1];
  pixels = empty ? 0 : countOf(x.dims, 2, x.rank());
}

}  // namespace gdws
