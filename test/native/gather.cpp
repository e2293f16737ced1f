#include "native/generators.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomGather(Random& random) {
  Dims dims = randomDims(random, random.integer(1, 4));
  const auto axis = static_cast<size_t>(random.integer(0, static_cast<int64_t>(dims.size()) - 1));
  if (dims[axis] == 0) dims[axis] = 1;
  const DataType type =
      random.choose({DataType::float32, DataType::int64, DataType::int32, DataType::uint8, DataType::int8, DataType::boolean});
  TestCase testCase(Opcode::gather);
  addRandom(testCase, random, type, dims);
  const Dims indexDims = random.chance(0.2) ? Dims{} : random.chance(0.2) ? Dims{2, 3} : Dims{random.integer(0, 50)};
  const bool constant = random.chance(0.7);
  // Only those that a run computes may be out of range.
  const int64_t beyond = constant ? 0 : 2;
  std::vector<int32_t> narrow;
  std::vector<int64_t> wide;
  for (size_t i = 0; i < countOf(indexDims); ++i) {
    wide.push_back(random.integer(-dims[axis] - beyond, dims[axis] - 1 + beyond));
    narrow.push_back(static_cast<int32_t>(wide.back()));
  }
  const Storage storage = constant ? Storage::constant : Storage::input;
  if (random.chance(0.5)) {
    testCase.add(storage, DataType::int32, indexDims, narrow);
  } else {
    testCase.add(storage, DataType::int64, indexDims, wide);
  }
  Dims y(dims.begin(), dims.begin() + static_cast<int64_t>(axis));
  y.insert(y.end(), indexDims.begin(), indexDims.end());
  y.insert(y.end(), dims.begin() + static_cast<int64_t>(axis) + 1, dims.end());
  testCase.addOutput(y, type);
  testCase.set(GatherAttributes{.axis = static_cast<int32_t>(axis)});
  testCase.tolerance = {0, 0};
  return testCase;
}

}  // namespace gdws::test
