#include "native/generators.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomTable(Random& random) {
  const Dims dims = randomDims(random, random.integer(0, 4));
  const DataType type = random.choose({DataType::uint8, DataType::int8, DataType::boolean});
  TestCase testCase(Opcode::table);
  addRandom(testCase, random, random.choose({DataType::uint8, DataType::int8}), dims);
  const bool perChannel = dims.size() >= 2 && random.chance(0.5);
  addRandom(testCase, random, type, perChannel ? Dims{dims[1], 256} : Dims{256});
  testCase.addOutput(dims, type);
  return testCase;
}

}  // namespace gdws::test
