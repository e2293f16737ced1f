#include "kernels/pooling/window.h"

#include <algorithm>

namespace gdws {

namespace {

int64_t ceilOfQuotient(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

}  // namespace

PoolAxis poolAxis(const OperationView& operation, size_t axis, size_t axes, int64_t from, int64_t to) {
  const auto integer = [&](size_t which) { return operation.integer(axis + which * axes); };
  const PoolAxis result{integer(0), integer(1), integer(2), integer(3), integer(4), from, to};
  if (result.kernel < 1 || result.stride < 1 || result.dilation < 1) {
    operation.fail("kernel, stride and dilation of a pooling must be at least 1");
  }
  if (result.padBegin < 0 || result.padEnd < 0) operation.fail("a pooling has negative padding");
  const int64_t extent = (result.kernel - 1) * result.dilation + 1;
  const int64_t most = ceilOfQuotient(from + result.padBegin + result.padEnd - extent, result.stride) + 1;
  if (to > most) {
    operation.fail("pooling an axis of " + std::to_string(from) + " elements gives at most " + std::to_string(most) +
                   ", not " + std::to_string(to));
  }
  return result;
}

Taps PoolAxis::between(int64_t position, int64_t low, int64_t high) const {
  const int64_t first = start(position);
  return {std::max<int64_t>(0, ceilOfQuotient(low - first, dilation)),
          std::min(kernel, ceilOfQuotient(high - first, dilation))};
}

PoolOperation::PoolOperation(const OperationView& operation)
    : PoolOperation(operation, inputOf(operation, 0), outputOf(operation)) {}

PoolOperation::PoolOperation(const OperationView& operation, const Value& x, const Value& y) {
  if (x.rank() != 4 || y.rank() != 4 || x.dims[0] != y.dims[0] || x.dims[1] != y.dims[1]) {
    operation.fail("cannot pool " + describe(x.dims) + " to " + describe(y.dims));
  }
  height = poolAxis(operation, 0, 2, x.dims[2], y.dims[2]);
  width = poolAxis(operation, 1, 2, x.dims[3], y.dims[3]);
  maps = y.elements == 0 ? 0 : y.dims[0] * y.dims[1];
}

}  // namespace gdws
