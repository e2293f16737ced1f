#include <cmath>

#include "native/generators.h"
#include "native/names.h"
#include "native/shapes.h"

namespace gdws::test {

namespace {

int32_t leastOf(DataType type) { return type == DataType::int8 ? -128 : 0; }

/// Often powers of 2, with which sums are ties, or decimal fractions, whose terms must be rounded for that.
float randomScale(Random& random) {
  if (random.chance(0.4)) return std::ldexp(1.0f, static_cast<int>(random.integer(-8, 1)));
  if (random.chance(0.5)) return static_cast<float>(random.integer(1, 40)) / 20;
  if (random.chance(0.05)) return random.choose<float>({1e-45f, 1e-38f, 1e38f, 3.4e38f});
  return static_cast<float>(random.uniform()) * random.choose<float>({0.02f, 1, 3}) + 1e-6f;
}

}  // namespace

TestCase randomIntegerBinary(Random& random) {
  const Dims dims = randomDims(random, random.integer(0, 4));
  const Dims aDims = broadcastFrom(random, dims), bDims = broadcastFrom(random, dims);
  const auto byteType = [&] { return random.choose({DataType::uint8, DataType::int8}); };
  const DataType a = byteType(), b = random.chance(0.8) ? a : byteType(), y = random.chance(0.8) ? a : byteType();
  TestCase testCase(Opcode::integerBinary);
  addRandom(testCase, random, a, aDims);
  if (random.chance(0.05)) {
    testCase.repeatInput(0);
    testCase.addOutput(aDims, y);
  } else {
    addRandom(testCase, random, b, bDims);
    testCase.addOutput(broadcastOf(aDims, bDims), y);
  }
  const DataType second = testCase.view().input(1).type;
  IntegerBinaryAttributes attributes;
  attributes.function = randomName<IntegerBinaryFunction>(random, integerBinaryFunctionCount);
  attributes.aZeroPoint = randomZeroPoint(random, a);
  attributes.bZeroPoint = randomZeroPoint(random, second);
  attributes.zeroPoint = randomZeroPoint(random, y);
  attributes.least = leastOf(y);
  attributes.most = leastOf(y) + 255;
  if (random.chance(0.3)) {
    attributes.least += static_cast<int32_t>(random.integer(0, 255));
    attributes.most -= static_cast<int32_t>(random.integer(0, attributes.most - attributes.least));
  }
  attributes.aScale = randomScale(random) * (random.chance(0.2) ? -1 : 1);
  attributes.bScale = randomScale(random) * (random.chance(0.2) ? -1 : 1);
  testCase.set(attributes);
  return testCase;
}

}  // namespace gdws::test
