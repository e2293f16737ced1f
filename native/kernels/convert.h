#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

namespace gdws {

/// A number as another element type. Floats are truncated towards zero and saturate, NaN becomes 0; integers keep their
/// low bits; bool is whether it is not 0.
template <class To, class From>
inline To convert(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // The bounds are powers of two, or exact in double, so that no number between them overflows.
    const double number = x;
    if (number != number) return 0;
    if (number <= static_cast<double>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    if (number >= static_cast<double>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    return static_cast<To>(number);
  } else {
    return static_cast<To>(x);
  }
}

}  // namespace gdws
