#include "kernels/binary/operation.h"

#include <cmath>

namespace gdws {

double apply(BinaryFunction function, double x, double y) {
  using enum BinaryFunction;
  switch (function) {
    case add:
      return x + y;
    case sub:
      return x - y;
    case mul:
      return x * y;
    case div:
      return x / y;
    case pow:
      return std::pow(x, y);
    case min:
      return x < y || std::isnan(x) ? x : y;
    case max:
      return x > y || std::isnan(x) ? x : y;
    case prelu:
      return x < 0 ? y * x : x;
    case mod:
      return std::fmod(x, y);
    case reluGradient:
      return y > 0 ? x : 0;
  }
  return x;
}

}  // namespace gdws
