#include "native/generators.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomSelect(Random& random) {
  const Dims dims = randomDims(random, random.integer(0, 4));
  const DataType type =
      random.choose({DataType::float32, DataType::int64, DataType::int32, DataType::uint8, DataType::int8, DataType::boolean});
  const Dims condition = broadcastFrom(random, dims), a = broadcastFrom(random, dims), b = broadcastFrom(random, dims);
  TestCase testCase(Opcode::select);
  addRandom(testCase, random, DataType::boolean, condition);
  addRandom(testCase, random, type, a);
  addRandom(testCase, random, type, b);
  testCase.addOutput(broadcastOf(condition, broadcastOf(a, b)), type);
  testCase.tolerance = {0, 0};
  return testCase;
}

}  // namespace gdws::test
