#include "kernels/unary/operation.h"

#include "kernels/integers.h"

namespace gdws {

UnaryOperation::UnaryOperation(const OperationView& operation)
    : type(arithmeticType(operation)),
      call{static_cast<UnaryFunction>(integerBelow(operation, 0, unaryFunctionCount, "unary function")),
           operation.real(0), operation.real(1)},
      elements(static_cast<int64_t>(outputOf(operation, type).elements)) {
  const Value& x = operation.input(0);
  const Value& y = operation.output();
  if (y.dims != x.dims) operation.fail("the output is " + describe(y.dims) + ", the input " + describe(x.dims));
  if (type != DataType::float32 && !hasIntegerForm(call.function)) {
    operation.fail("integers have no such unary function");
  }
}

}  // namespace gdws
