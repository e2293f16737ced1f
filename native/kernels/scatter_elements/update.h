#pragma once

#include "kernels/integers.h"

namespace gdws {

/// What becomes of an element that an update is scattered to, by the number that programs use.
enum class Update : int32_t { replace, add, mul, max, min };

inline constexpr int32_t updateCount = 5;

/// The update at `position` of the ints; only `replace` is defined on bool. Throws ProgramError.
inline Update updateAt(const OperationView& operation, size_t position) {
  const auto update = static_cast<Update>(integerBelow(operation, position, updateCount, "update"));
  if (update != Update::replace && operation.output().type == DataType::boolean) {
    operation.fail("bool elements are replaced, not reduced");
  }
  return update;
}

/// The element after an update; max and min are NaN where either is.
template <class Number>
Number updated(Update update, Number x, Number y) {
  switch (update) {
    case Update::add:
      if constexpr (std::is_integral_v<Number>) return wrappingSum(x, y);
      return x + y;
    case Update::mul:
      if constexpr (std::is_integral_v<Number>) return wrappingProduct(x, y);
      return x * y;
    case Update::max:
      return x > y || x != x ? x : y;
    case Update::min:
      return x < y || x != x ? x : y;
    default:
      return y;
  }
}

}  // namespace gdws
