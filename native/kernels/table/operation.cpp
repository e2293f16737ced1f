#include "kernels/table/operation.h"

#include "kernels/integer/bytes.h"

namespace gdws {

TableOperation::TableOperation(const OperationView& operation)
    : elements(static_cast<int64_t>(operation.output().elements)) {
  const Value& x = byteInputOf(operation, 0);
  const Value& y = operation.output();
  if (bytesOf(y.type) != 1) operation.fail("the output is not of a type of one byte");
  const Value& table = inputOf(operation, 1, y.type);
  if (y.dims != x.dims) operation.fail("the output is " + describe(y.dims) + ", the input " + describe(x.dims));
  if (table.dims != std::vector<int64_t>{256}) operation.fail("the table is " + describe(table.dims) + ", not (256)");
}

}  // namespace gdws
