#include "native/generators.h"
#include "native/names.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomArgReduce(Random& random) {
  Dims dims = randomDims(random, random.integer(1, 4));
  const auto axis = static_cast<size_t>(random.integer(0, static_cast<int64_t>(dims.size()) - 1));
  if (dims[axis] == 0) dims[axis] = 1;
  TestCase testCase(Opcode::argReduce);
  std::vector<float> x = wildNumbers(random, dims, 3);
  if (random.chance(0.5)) {
    for (float& element : x) element = static_cast<float>(random.integer(0, 3));  // equals
  }
  testCase.addInput(dims, std::move(x));
  Dims y = dims;
  y[axis] = 1;
  testCase.addOutput(y, DataType::int64);
  testCase.set(ArgReduceAttributes{
      .axis = static_cast<int32_t>(axis),
      .extreme = randomName<Extreme>(random, extremeCount),
      .selectLast = random.integer(0, 1) == 1,
  });
  return testCase;
}

}  // namespace gdws::test
