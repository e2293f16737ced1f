#include "native/generators.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomSoftmax(Random& random) {
  const Dims dims = randomDims(random, 3);
  TestCase testCase(Opcode::softmax);
  std::vector<float> x = numbers(random, dims);
  const float scale = random.choose<float>({1, 10, 1000});
  for (float& element : x) element *= scale;
  testCase.addInput(dims, std::move(x));
  testCase.addOutput(dims);
  const bool logarithm = random.chance(0.5);
  testCase.set(SoftmaxAttributes{static_cast<int32_t>(dims[1]), static_cast<int32_t>(dims[2]), logarithm});
  // The rounding of x - max, up to 90 where the result is above 0, becomes a relative error.
  testCase.tolerance = {1e-5, logarithm ? 1e-5 : 1e-40};
  return testCase;
}

}  // namespace gdws::test
