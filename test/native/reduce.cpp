#include <cmath>

#include "kernels/integers.h"
#include "native/generators.h"
#include "native/names.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomReduce(Random& random) {
  const Dims dims = randomDims(random, random.integer(0, 5));
  const auto function = randomName<ReduceFunction>(random, reduceFunctionCount);
  Dims reduced = dims;
  ReduceAttributes attributes{.function = function};
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (!random.chance(0.5)) continue;
    attributes.axes.push_back(static_cast<int32_t>(axis));
    reduced[axis] = 1;
  }
  TestCase testCase(Opcode::reduce);
  testCase.set(attributes);
  if (hasIntegerForm(function) && random.chance(0.3)) {
    const DataType type = random.choose({DataType::int64, DataType::int32});
    addWildIntegers(testCase, random, type, dims);
    testCase.addOutput(reduced, type);
    return testCase;
  }
  const bool exact = function == ReduceFunction::max || function == ReduceFunction::min;
  std::vector<float> x = exact ? wildNumbers(random, dims, 3) : numbers(random, dims);
  if (function == ReduceFunction::logSum) {
    for (float& element : x) element = std::fabs(element) + 0.01f;
  }
  if (function == ReduceFunction::prod) {
    for (float& element : x) element = 1 + element * 0.01f;
  }
  testCase.addInput(dims, std::move(x));
  testCase.addOutput(reduced);
  testCase.tolerance = {exact ? 0 : 1e-5, exact ? 0 : 1e-5};
  testCase.tolerance.sumOfTerms = function == ReduceFunction::sum || function == ReduceFunction::mean;
  if (testCase.tolerance.sumOfTerms) testCase.tolerance.absolute = 0;
  return testCase;
}

}  // namespace gdws::test
