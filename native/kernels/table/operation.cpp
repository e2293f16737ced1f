#include "kernels/table/operation.h"

#include "kernels/integer/bytes.h"

namespace gdws {

TableOperation::TableOperation(const OperationView& operation)
    : planes(1), tables(1), elements(static_cast<int64_t>(operation.output().elements)) {
  const Value& x = byteInputOf(operation, 0);
  const Value& y = operation.output();
  if (bytesOf(y.type) != 1) operation.fail("the output is not of a type of one byte");
  const Value& table = inputOf(operation, 1, y.type);
  if (y.dims != x.dims) operation.fail("the output is " + describe(y.dims) + ", the input " + describe(x.dims));
  if (table.dims == std::vector<int64_t>{256}) return;
  if (x.rank() < 2 || table.dims != std::vector<int64_t>{x.dims[1], 256}) {
    operation.fail("the table is " + describe(table.dims) + ", neither (256) nor one for each channel of " +
                   describe(x.dims));
  }
  tables = x.dims[1];
  planes = elements == 0 ? 0 : x.dims[0] * tables;
  elements = countOf(x.dims, 2, x.rank());
}

}  // namespace gdws
