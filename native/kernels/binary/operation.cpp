#include "kernels/binary/operation.h"

#include <cmath>

#include "kernels/integers.h"

namespace gdws {

BinaryOperation::BinaryOperation(const OperationView& operation)
    : type(arithmeticType(operation)),
      attributes(BinaryAttributes::of(operation)),
      loop(broadcastLoop(operation, outputOf(operation, type),
                         {&inputOf(operation, 0, type), &inputOf(operation, 1, type)})) {
  if (type == DataType::float32) return;
  if (!hasIntegerForm(attributes.function)) operation.fail("integers have no such binary function");
  if (attributes.activation.kind != Activation::none) operation.fail("an activation of integers");
}

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
    case floorMod: {
      const double rest = std::fmod(x, y);
      return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
    }
  }
  return x;
}

}  // namespace gdws
