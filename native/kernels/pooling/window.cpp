#include "kernels/pooling/window.h"

#include <algorithm>

namespace gdws {

namespace {

int64_t ceilOfQuotient(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

}  // namespace

void checkPoolAxis(const OperationView& operation, const PoolAxis& axis) {
  const int64_t extent = (axis.kernel - 1) * axis.dilation + 1;
  const int64_t max = ceilOfQuotient(axis.from + axis.padBegin + axis.padEnd - extent, axis.stride) + 1;
  if (axis.to > max) {
    operation.fail("pooling an axis of " + std::to_string(axis.from) + " elements gives at most " +
                   std::to_string(max) + ", not " + std::to_string(axis.to));
  }
}

Taps PoolAxis::between(int64_t position, int64_t low, int64_t high) const {
  const int64_t first = start(position);
  return {std::max<int64_t>(0, ceilOfQuotient(low - first, dilation)),
          std::min(kernel, ceilOfQuotient(high - first, dilation))};
}

int64_t PoolAxis::paddedLength() const {
  return std::max(padBegin + from, (to - 1) * stride + (kernel - 1) * dilation + 1);
}

int64_t PoolOperation::mapsOf(const OperationView& operation, const Value& x, const Value& y) {
  if (x.rank() != 4 || y.rank() != 4 || x.dims[0] != y.dims[0] || x.dims[1] != y.dims[1]) {
    operation.fail("cannot pool " + describe(x.dims) + " to " + describe(y.dims));
  }
  return y.elements == 0 ? 0 : y.dims[0] * y.dims[1];
}

}  // namespace gdws
