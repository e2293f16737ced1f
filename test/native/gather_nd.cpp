#include "native/generators.h"
#include "native/indices.h"
#include "native/names.h"

namespace gdws::test {

namespace {

Dims solidDims(Random& random, int64_t rank) {
  Dims dims = randomDims(random, rank);
  for (int64_t& dim : dims) dim = dim == 0 ? 1 : dim;
  return dims;
}

Dims part(const Dims& dims, size_t first, size_t last) {
  return {dims.begin() + static_cast<int64_t>(first), dims.begin() + static_cast<int64_t>(last)};
}

Dims joined(Dims a, const Dims& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TestCase randomGatherND(Random& random) {
  const Dims dims = solidDims(random, random.integer(1, 4));
  const auto batches = static_cast<size_t>(random.integer(0, static_cast<int64_t>(dims.size()) - 1));
  const auto depth = static_cast<size_t>(random.integer(1, static_cast<int64_t>(dims.size() - batches)));
  const DataType type =
      random.choose({DataType::float32, DataType::int64, DataType::int32, DataType::uint8, DataType::int8, DataType::boolean});
  const Dims tuples = joined(part(dims, 0, batches), Dims(random.chance(0.2) ? 0 : 1, random.integer(0, 5)));
  TestCase testCase(Opcode::gatherND);
  addRandom(testCase, random, type, dims);
  addIndices(testCase, random, joined(tuples, {static_cast<int64_t>(depth)}), part(dims, batches, batches + depth));
  testCase.addOutput(joined(tuples, part(dims, batches + depth, dims.size())), type);
  testCase.set(GatherNDAttributes{.batchAxes = static_cast<int32_t>(batches)});
  testCase.tolerance = {0, 0};
  return testCase;
}

TestCase randomScatterND(Random& random) {
  const Dims dims = solidDims(random, random.integer(1, 4));
  const auto depth = static_cast<size_t>(random.integer(1, static_cast<int64_t>(dims.size())));
  const auto update = randomName<ScatterUpdate>(random, scatterUpdateCount);
  const DataType type = random.choose({DataType::float32, DataType::int64, DataType::int32, DataType::uint8, DataType::int8});
  const Dims tuples = random.chance(0.2) ? Dims{} : random.chance(0.2) ? Dims{2, 3} : Dims{random.integer(0, 9)};
  TestCase testCase(Opcode::scatterND);
  addElements(testCase, random, type, dims);
  addIndices(testCase, random, joined(tuples, {static_cast<int64_t>(depth)}), part(dims, 0, depth));
  addElements(testCase, random, type, joined(tuples, part(dims, depth, dims.size())));
  testCase.addOutput(dims, type);
  testCase.set(ScatterNDAttributes{.update = update});
  testCase.tolerance = {0, 0};
  return testCase;
}

}  // namespace gdws::test
