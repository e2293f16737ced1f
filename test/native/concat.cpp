#include "native/generators.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomConcat(Random& random) {
  const Dims dims = randomDims(random, random.integer(1, 4));
  const auto axis = static_cast<size_t>(random.integer(0, static_cast<int64_t>(dims.size()) - 1));
  const DataType type =
      random.choose({DataType::float32, DataType::int64, DataType::int32, DataType::uint8, DataType::int8, DataType::boolean});
  TestCase testCase(Opcode::concat);
  Dims y = dims;
  y[axis] = 0;
  const int64_t count = random.integer(1, 4);
  for (int64_t i = 0; i < count; ++i) {
    Dims x = dims;
    x[axis] = random.integer(0, dims[axis] + 1);
    addRandom(testCase, random, type, x);
    y[axis] += x[axis];
  }
  testCase.addOutput(y, type);
  testCase.set(ConcatAttributes{.axis = static_cast<int32_t>(axis)});
  testCase.tolerance = {0, 0};
  return testCase;
}

}  // namespace gdws::test
