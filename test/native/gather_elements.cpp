#include "native/generators.h"
#include "native/indices.h"
#include "native/names.h"

namespace gdws::test {

namespace {

DataType anyType(Random& random) {
  return random.choose({DataType::float32, DataType::int64, DataType::int32, DataType::uint8, DataType::int8, DataType::boolean});
}

/// Dims of which the axis has elements.
Dims dimsWith(Random& random, size_t& axis) {
  Dims dims = randomDims(random, random.integer(1, 4));
  axis = static_cast<size_t>(random.integer(0, static_cast<int64_t>(dims.size()) - 1));
  if (dims[axis] == 0) dims[axis] = 1;
  return dims;
}

/// No longer than `dims`, except along the axis.
Dims withinBut(Random& random, const Dims& dims, size_t axis) {
  Dims result = dims;
  for (int64_t& dim : result) {
    if (dim > 0 && random.chance(0.3)) dim = random.integer(1, dim);
  }
  result[axis] = random.integer(0, 5);
  return result;
}

}  // namespace

TestCase randomGatherElements(Random& random) {
  size_t axis;
  const Dims dims = dimsWith(random, axis);
  const Dims index = withinBut(random, dims, axis);
  const DataType type = anyType(random);
  TestCase testCase(Opcode::gatherElements);
  addRandom(testCase, random, type, dims);
  addIndices(testCase, random, index, {dims[axis]});
  testCase.addOutput(index, type);
  testCase.set(GatherElementsAttributes{.axis = static_cast<int32_t>(axis)});
  testCase.tolerance = {0, 0};
  return testCase;
}

TestCase randomScatterElements(Random& random) {
  size_t axis;
  const Dims dims = dimsWith(random, axis);
  const Dims index = withinBut(random, dims, axis);
  const auto update = randomName<ScatterUpdate>(random, scatterUpdateCount);
  const DataType type = update == ScatterUpdate::replace
                            ? anyType(random)
                            : random.choose({DataType::float32, DataType::int64, DataType::int32, DataType::uint8, DataType::int8});
  TestCase testCase(Opcode::scatterElements);
  addElements(testCase, random, type, dims);
  addIndices(testCase, random, index, {dims[axis]});
  addElements(testCase, random, type, index);
  testCase.addOutput(dims, type);
  testCase.set(ScatterElementsAttributes{static_cast<int32_t>(axis), update});
  testCase.tolerance = {0, 0};
  return testCase;
}

}  // namespace gdws::test
