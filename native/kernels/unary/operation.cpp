#include "kernels/unary/operation.h"

#include "kernels/integers.h"
#include "program/attributes.h"

namespace gdws {

UnaryOperation::UnaryOperation(const OperationView& operation)
    : type(arithmeticType(operation)), elements(static_cast<int64_t>(outputOf(operation, type).elements)) {
  const auto attributes = UnaryAttributes::of(operation);
  call = {attributes.function, attributes.a, attributes.b};
  const Value& x = operation.input(0);
  const Value& y = operation.output();
  if (y.dims != x.dims) operation.fail("the output is " + describe(y.dims) + ", the input " + describe(x.dims));
  if (type != DataType::float32 && !hasIntegerForm(call.function)) {
    operation.fail("integers have no such unary function");
  }
}

}  // namespace gdws
