#include "native/generators.h"
#include "native/names.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomScaleShift(Random& random) {
  const Dims dims = randomDims(random, random.integer(2, 4));
  const Dims channels = {dims[1]};
  TestCase testCase(Opcode::scaleShift);
  testCase.addInput(dims, numbers(random, dims));
  testCase.addConstant(channels, numbers(random, channels));
  testCase.addConstant(channels, numbers(random, channels));
  testCase.addOutput(dims);
  testCase.set(ScaleShiftAttributes{.activation = {randomActivation(random), -0.25f, 0.5f}});
  testCase.tolerance = {1e-6, 1e-6};
  return testCase;
}

}  // namespace gdws::test
