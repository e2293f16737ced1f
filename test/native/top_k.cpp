#include "native/generators.h"
#include "native/indices.h"

namespace gdws::test {

TestCase randomTopK(Random& random) {
  Dims dims = randomDims(random, random.integer(1, 3));
  // The reference compares each element of a line with each other.
  for (int64_t& dim : dims) dim = std::min<int64_t>(dim, 100);
  const auto axis = static_cast<size_t>(random.integer(0, static_cast<int64_t>(dims.size()) - 1));
  const DataType type = random.choose({DataType::float32, DataType::int64, DataType::int32, DataType::uint8, DataType::int8});
  TestCase testCase(Opcode::topK);
  addElements(testCase, random, type, dims);
  Dims y = dims;
  y[axis] = random.integer(0, dims[axis]);
  testCase.addOutput(y, type);
  testCase.addOutput(y, DataType::int64);
  testCase.set(TopKAttributes{.axis = static_cast<int32_t>(axis), .largest = random.integer(0, 1) == 1});
  testCase.tolerance = {0, 0};
  return testCase;
}

TestCase randomCumulativeSum(Random& random) {
  const Dims dims = randomDims(random, random.integer(1, 4));
  const DataType type = random.choose({DataType::float32, DataType::int64, DataType::int32});
  TestCase testCase(Opcode::cumulativeSum);
  addElements(testCase, random, type, dims);
  testCase.addOutput(dims, type);
  testCase.set(CumulativeSumAttributes{
      .axis = static_cast<int32_t>(random.integer(0, static_cast<int64_t>(dims.size()) - 1)),
      .exclusive = random.integer(0, 1) == 1,
      .reverse = random.integer(0, 1) == 1,
  });
  return testCase;
}

}  // namespace gdws::test
