#include "native/generators.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomLocalResponse(Random& random) {
  const Dims dims = randomDims(random, random.integer(2, 4));
  TestCase testCase(Opcode::localResponse);
  testCase.addInput(dims, numbers(random, dims));
  testCase.addOutput(dims);
  testCase.set(LocalResponseAttributes{
      .size = static_cast<int32_t>(random.integer(1, 7)),
      .alpha = random.chance(0.5) ? 1e-4f : 2.0f,
      .beta = random.chance(0.5) ? 0.75f : 0.3f,
      .bias = 1.0f,
  });
  testCase.tolerance = {3e-6, 0};
  return testCase;
}

}  // namespace gdws::test
