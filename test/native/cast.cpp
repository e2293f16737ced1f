#include "native/generators.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomCast(Random& random) {
  const Dims dims = randomDims(random, random.integer(0, 3));
  const DataType from =
      random.choose({DataType::float32, DataType::int64, DataType::int32, DataType::uint8, DataType::int8, DataType::boolean});
  const DataType to =
      random.choose({DataType::float32, DataType::int64, DataType::int32, DataType::uint8, DataType::int8, DataType::boolean});
  TestCase testCase(Opcode::cast);
  if (from == DataType::float32) {
    testCase.addInput(dims, wildNumbers(random, dims, 300));
  } else {
    addRandom(testCase, random, from, dims);
  }
  testCase.addOutput(dims, to);
  testCase.tolerance = {0, 0};
  return testCase;
}

}  // namespace gdws::test
