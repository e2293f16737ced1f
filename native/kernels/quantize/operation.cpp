#include "kernels/quantize/operation.h"

#include "program/attributes.h"

namespace gdws {

QuantizeOperation::QuantizeOperation(const OperationView& operation)
    : scales(operation, QuantizeAttributes::of(operation).axis, byteOutputOf(operation).type), range(scales.type) {
  const Value& x = inputOf(operation, 0);
  const Value& y = operation.output();
  if (y.dims != x.dims) operation.fail("the output is " + describe(y.dims) + ", the input " + describe(x.dims));
}

}  // namespace gdws
