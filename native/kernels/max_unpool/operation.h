#pragma once

#include "kernels/operands.h"

namespace gdws {

/// A checked `maxUnpool`: x, int64 places of its elements in y, y. Places outside y are left out.
struct MaxUnpoolOperation {
  explicit MaxUnpoolOperation(const OperationView& operation) {
    const Value& x = inputOf(operation, 0);
    const Value& places = inputOf(operation, 1, DataType::int64);
    if (places.dims != x.dims) {
      operation.fail("the places are " + describe(places.dims) + ", the elements " + describe(x.dims));
    }
    count = static_cast<int64_t>(x.elements);
    elements = static_cast<int64_t>(outputOf(operation).elements);
  }

  int64_t count;     ///< of x
  int64_t elements;  ///< of y
};

}  // namespace gdws
