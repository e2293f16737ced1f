#pragma once

#include "kernels/integers.h"

namespace gdws {

/// The update; only `replace` is defined on bool. Throws ProgramError.
inline ScatterUpdate checkedUpdate(const OperationView& operation, ScatterUpdate update) {
  if (update != ScatterUpdate::replace && operation.output().type == DataType::boolean) {
    operation.fail("bool elements are replaced, not reduced");
  }
  return update;
}

/// The element after an update; max and min are NaN where either is.
template <class Number>
Number updated(ScatterUpdate update, Number x, Number y) {
  switch (update) {
    case ScatterUpdate::add:
      if constexpr (std::is_integral_v<Number>) return wrappingSum(x, y);
      return x + y;
    case ScatterUpdate::mul:
      if constexpr (std::is_integral_v<Number>) return wrappingProduct(x, y);
      return x * y;
    case ScatterUpdate::max:
      return x > y || x != x ? x : y;
    case ScatterUpdate::min:
      return x < y || x != x ? x : y;
    default:
      return y;
  }
}

}  // namespace gdws
