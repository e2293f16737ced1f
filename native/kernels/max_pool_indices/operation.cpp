#include "kernels/max_pool_indices/operation.h"

namespace gdws {

MaxPoolIndicesOperation::MaxPoolIndicesOperation(const OperationView& operation)
    : columnMajor(integerBelow(operation, 15, 2, "order of storage") == 1) {
  const Value& x = inputOf(operation, 0);
  const Value& y = outputOf(operation, DataType::int64);
  if (x.rank() != 4 || y.rank() != 4 || x.dims[0] != y.dims[0]) {
    operation.fail("cannot pool " + describe(x.dims) + " to " + describe(y.dims));
  }
  depth = poolAxis(operation, 0, 3, x.dims[1], y.dims[1]);
  height = poolAxis(operation, 1, 3, x.dims[2], y.dims[2]);
  width = poolAxis(operation, 2, 3, x.dims[3], y.dims[3]);
  maps = y.elements == 0 ? 0 : y.dims[0];
}

}  // namespace gdws
