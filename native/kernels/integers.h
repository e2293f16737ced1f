#pragma once

#include <limits>
#include <type_traits>

#include "kernels/operands.h"
#include "program/functions.h"

namespace gdws {

// Arithmetic on integers that is defined for all operands: results wrap as in two's complement, and the quotient and
// the remainder of a division by 0 are 0.

/// The type of input 0, which must be float32, int64 or int32. Throws ProgramError.
DataType arithmeticType(const OperationView& operation);

/// Whether a function is defined on integers.
constexpr bool hasIntegerForm(UnaryFunction function) {
  using enum UnaryFunction;
  return function == relu || function == abs || function == neg || function == sign;
}
constexpr bool hasIntegerForm(BinaryFunction function) {
  using enum BinaryFunction;
  return function != pow && function != prelu && function != reluGradient;
}
constexpr bool hasIntegerForm(ReduceFunction function) {
  using enum ReduceFunction;
  return function != l2 && function != logSum && function != logSumExp;
}

template <class Integer>
constexpr Integer wrappingSum(Integer x, Integer y) {
  using Bits = std::make_unsigned_t<Integer>;
  return static_cast<Integer>(static_cast<Bits>(static_cast<Bits>(x) + static_cast<Bits>(y)));
}

template <class Integer>
constexpr Integer wrappingDifference(Integer x, Integer y) {
  using Bits = std::make_unsigned_t<Integer>;
  return static_cast<Integer>(static_cast<Bits>(static_cast<Bits>(x) - static_cast<Bits>(y)));
}

template <class Integer>
constexpr Integer wrappingProduct(Integer x, Integer y) {
  using Bits = std::make_unsigned_t<Integer>;
  return static_cast<Integer>(static_cast<Bits>(static_cast<Bits>(x) * static_cast<Bits>(y)));
}

/// Truncated towards zero. The least integer divided by -1 is itself.
template <class Integer>
constexpr Integer wrappingQuotient(Integer x, Integer y) {
  if (y == 0) return 0;
  return y == Integer{-1} ? wrappingDifference(Integer{0}, x) : x / y;
}

/// With the sign of x.
template <class Integer>
constexpr Integer remainder(Integer x, Integer y) {
  return y == 0 || y == Integer{-1} ? 0 : x % y;
}

template <class Integer>
constexpr Integer absolute(Integer x) {
  return x < 0 ? wrappingDifference(Integer{0}, x) : x;
}

/// A unary function that has an integer form.
template <class Integer>
constexpr Integer apply(UnaryFunction function, Integer x) {
  switch (function) {
    case UnaryFunction::relu:
      return x < 0 ? 0 : x;
    case UnaryFunction::abs:
      return absolute(x);
    case UnaryFunction::neg:
      return wrappingDifference(Integer{0}, x);
    default:
      return (x > 0) - (x < 0);
  }
}

/// A binary function that has an integer form.
template <class Integer>
constexpr Integer apply(BinaryFunction function, Integer x, Integer y) {
  switch (function) {
    case BinaryFunction::add:
      return wrappingSum(x, y);
    case BinaryFunction::sub:
      return wrappingDifference(x, y);
    case BinaryFunction::mul:
      return wrappingProduct(x, y);
    case BinaryFunction::div:
      return wrappingQuotient(x, y);
    case BinaryFunction::min:
      return x < y ? x : y;
    case BinaryFunction::max:
      return x > y ? x : y;
    case BinaryFunction::mod:
      return remainder(x, y);
    default: {
      const Integer rest = remainder(x, y);
      return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
    }
  }
}

/// The result for no elements of a reduction that has an integer form.
template <class Integer>
constexpr int64_t startOf(ReduceFunction function) {
  switch (function) {
    case ReduceFunction::max:
      return std::numeric_limits<Integer>::min();
    case ReduceFunction::min:
      return std::numeric_limits<Integer>::max();
    case ReduceFunction::prod:
      return 1;
    default:
      return 0;
  }
}

/// Adds one more element to a reduction; in 64 bits, of which a narrower type keeps the low ones.
constexpr int64_t reduced(ReduceFunction function, int64_t sofar, int64_t x) {
  switch (function) {
    case ReduceFunction::max:
      return x > sofar ? x : sofar;
    case ReduceFunction::min:
      return x < sofar ? x : sofar;
    case ReduceFunction::prod:
      return wrappingProduct(sofar, x);
    case ReduceFunction::l1:
      return wrappingSum(sofar, absolute(x));
    case ReduceFunction::sumSquare:
      return wrappingSum(sofar, wrappingProduct(x, x));
    default:
      return wrappingSum(sofar, x);
  }
}

}  // namespace gdws
