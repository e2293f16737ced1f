#include "kernels/integers.h"
#include "native/generators.h"
#include "native/names.h"
#include "native/shapes.h"

namespace gdws::test {

namespace {

TestCase integersOf(Random& random, const Dims& a, const Dims& b) {
  const DataType type = random.choose({DataType::int64, DataType::int32});
  TestCase testCase(Opcode::binary);
  addWildIntegers(testCase, random, type, a);
  addWildIntegers(testCase, random, type, b);
  testCase.addOutput(broadcastOf(a, b), type);
  BinaryFunction function;
  do {
    function = randomName<BinaryFunction>(random, binaryFunctionCount);
  } while (!hasIntegerForm(function));
  testCase.set(BinaryAttributes{.function = function});
  return testCase;
}

}  // namespace

TestCase randomBinary(Random& random) {
  const Dims dims = randomDims(random, random.integer(0, 5));
  const Dims a = broadcastFrom(random, dims);
  const Dims b = broadcastFrom(random, dims);
  if (random.chance(0.3)) return integersOf(random, a, b);
  TestCase testCase(Opcode::binary);
  testCase.addInput(a, wildNumbers(random, a, 3));
  testCase.addInput(b, random.chance(0.1) ? std::vector<float>(countOf(b), 2.0f) : wildNumbers(random, b, 3));
  testCase.addOutput(broadcastOf(a, b));
  const auto function = randomName<BinaryFunction>(random, binaryFunctionCount);
  const Activation activation = random.chance(0.5) ? Activation::none : randomActivation(random);
  testCase.set(BinaryAttributes{function, {activation, -0.25f, 1.5f}});
  testCase.tolerance = {1e-6, 1e-44};
  return testCase;
}

}  // namespace gdws::test
