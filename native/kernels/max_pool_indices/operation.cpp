#include "kernels/max_pool_indices/operation.h"

#include "program/attributes.h"

namespace gdws {

MaxPoolIndicesOperation::MaxPoolIndicesOperation(const OperationView& operation) {
  const auto attributes = MaxPoolIndicesAttributes::of(operation);
  const Value& x = inputOf(operation, 0);
  const Value& y = outputOf(operation, DataType::int64);
  if (x.rank() != 4 || y.rank() != 4 || x.dims[0] != y.dims[0]) {
    operation.fail("cannot pool " + describe(x.dims) + " to " + describe(y.dims));
  }
  depth = poolAxis(operation, attributes, 0, x.dims[1], y.dims[1]);
  height = poolAxis(operation, attributes, 1, x.dims[2], y.dims[2]);
  width = poolAxis(operation, attributes, 2, x.dims[3], y.dims[3]);
  columnMajor = attributes.columnMajor;
  maps = y.elements == 0 ? 0 : y.dims[0];
}

}  // namespace gdws
