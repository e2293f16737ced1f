#include "native/generators.h"
#include "native/names.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomCompare(Random& random) {
  const Dims dims = randomDims(random, random.integer(0, 4));
  const DataType type =
      random.choose({DataType::float32, DataType::int64, DataType::int32, DataType::uint8, DataType::int8, DataType::boolean});
  const Dims a = broadcastFrom(random, dims), b = broadcastFrom(random, dims);
  TestCase testCase(Opcode::compare);
  for (const Dims& operand : {a, b}) {
    if (type != DataType::float32) {
      addRandom(testCase, random, type, operand);
      continue;
    }
    std::vector<float> x = wildNumbers(random, operand, 3);
    for (float& element : x) element = random.chance(0.3) ? 1 : element;  // equals
    testCase.addInput(operand, std::move(x));
  }
  testCase.addOutput(broadcastOf(a, b), DataType::boolean);
  testCase.set(CompareAttributes{.function = randomName<CompareFunction>(random, compareFunctionCount)});
  return testCase;
}

}  // namespace gdws::test
