#include "native/generators.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomNormalize(Random& random) {
  const Dims dims = {random.integer(0, 9),
                     random.chance(0.2) ? 1 : random.integer(1, random.choose<int64_t>({9, 70, 9000}))};
  TestCase testCase(Opcode::normalize);
  std::vector<float> x = numbers(random, dims);
  // With a mean far from 0, inexact sums lose the deviations.
  const float mean = random.choose<float>({0, 0.3f, 100, -1000});
  for (float& element : x) element += mean;
  testCase.addInput(dims, std::move(x));
  testCase.addOutput(dims);
  testCase.set(NormalizeAttributes{.inner = static_cast<int32_t>(dims[1]), .epsilon = 1e-5f});
  testCase.tolerance = {1e-5, 1e-5};
  return testCase;
}

}  // namespace gdws::test
