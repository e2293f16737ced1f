#include <bit>
#include <cmath>

#include "native/generators.h"
#include "native/names.h"
#include "native/shapes.h"

namespace gdws::test {

namespace {

/// Floats of every exponent and both signs, infinities and NaN too, evenly in their bits.
std::vector<float> allKinds(Random& random, const Dims& dims) {
  std::vector<float> data(countOf(dims));
  const auto step = static_cast<uint32_t>((uint64_t{1} << 32) / data.size());
  auto bits = static_cast<uint32_t>(random.bits());
  for (float& x : data) x = std::bit_cast<float>(bits += step);
  return data;
}

TestCase integersOf(Random& random) {
  const Dims dims = randomDims(random, random.integer(0, 3));
  const DataType type = random.choose({DataType::int64, DataType::int32});
  TestCase testCase(Opcode::unary);
  addWildIntegers(testCase, random, type, dims);
  testCase.addOutput(dims, type);
  using enum UnaryFunction;
  testCase.set(UnaryAttributes{.function = random.choose({relu, abs, neg, sign})});
  return testCase;
}

}  // namespace

TestCase randomUnary(Random& random) {
  if (random.chance(0.1)) return integersOf(random);
  const bool sweep = random.chance(0.5);
  const Dims dims = sweep ? Dims{20000} : randomDims(random, random.integer(0, 3));
  TestCase testCase(Opcode::unary);
  testCase.addInput(dims,
                    sweep ? allKinds(random, dims) : wildNumbers(random, dims, random.choose<float>({1, 10, 100})));
  testCase.addOutput(dims);
  const auto function = randomName<UnaryFunction>(random, unaryFunctionCount);
  const float a = random.chance(0.5) ? 1.0f : 0.1f + std::fabs(random.number());
  testCase.set(UnaryAttributes{function, a, a + std::fabs(random.number())});
  // Results below the least normal float are held to an absolute bound.
  testCase.tolerance = {3e-7, 1e-40};
  switch (function) {
    case UnaryFunction::hardSigmoid:
    case UnaryFunction::hardSwish:
    case UnaryFunction::linear:
    case UnaryFunction::gelu:
    case UnaryFunction::geluTanh:
    case UnaryFunction::silu:
    case UnaryFunction::celu:
      // Where terms cancel, or a rounded argument decides how fast the result vanishes.
      testCase.tolerance.absolute = 1e-6;
      break;
    default:
      break;
  }
  return testCase;
}

}  // namespace gdws::test
