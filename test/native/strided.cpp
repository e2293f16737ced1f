#include <utility>

#include "native/generators.h"
#include "native/shapes.h"

namespace gdws::test {

namespace {

/// Depth to space: y has `lines` lines of x in turn, which may be a part of x.
TestCase randomInterleaving(Random& random, DataType type) {
  const int64_t planes = random.integer(1, 3), lines = random.integer(2, 5), rows = random.integer(1, 3);
  const int64_t columns = random.integer(1, 70), kept = random.integer(1, columns);
  const int64_t sign = random.chance(0.3) ? -1 : 1;
  TestCase testCase(Opcode::strided);
  addRandom(testCase, random, type, {planes, lines, rows, columns});
  testCase.addOutput({planes, rows, kept, lines}, type);
  const int64_t plane = rows * columns;
  StridedAttributes attributes{.offset = static_cast<int32_t>(sign < 0 ? (lines - 1) * plane : 0)};
  for (const int64_t stride : {lines * plane, columns, int64_t{1}, sign * plane}) {
    attributes.strides.push_back(static_cast<int32_t>(stride));
  }
  testCase.set(attributes);
  testCase.tolerance = {0, 0};
  return testCase;
}

}  // namespace

TestCase randomStrided(Random& random) {
  const Dims dims = randomDims(random, random.integer(0, 5));
  const DataType type = random.choose(
      {DataType::float32, DataType::int64, DataType::int32, DataType::uint8, DataType::int8, DataType::boolean});
  if (random.chance(0.2)) return randomInterleaving(random, type);
  TestCase testCase(Opcode::strided);
  addRandom(testCase, random, type, dims);
  int64_t offset = 0;
  int64_t stride = 1;
  struct Axis {
    int64_t dim, stride;
  };
  std::vector<Axis> axes;
  for (size_t axis = dims.size(); axis-- > 0; stride *= dims[axis]) {
    if (dims[axis] == 0 || random.chance(0.6)) {
      axes.insert(axes.begin(), {dims[axis], stride});
      continue;
    }
    // A slice, backwards or forwards.
    const int64_t first = random.integer(0, dims[axis] - 1);
    const int64_t step = random.integer(1, 3);
    const bool backwards = random.chance(0.4);
    const int64_t max = backwards ? first / step + 1 : (dims[axis] - 1 - first) / step + 1;
    offset += first * stride;
    axes.insert(axes.begin(), {random.integer(0, max), (backwards ? -step : step) * stride});
  }
  if (random.chance(0.3)) {
    const int64_t before = random.integer(0, static_cast<int64_t>(axes.size()));
    axes.insert(axes.begin() + before, {random.integer(1, 4), 0});
  }
  for (size_t i = axes.size(); i > 1 && random.chance(0.8); --i) {
    std::swap(axes[i - 1], axes[static_cast<size_t>(random.integer(0, static_cast<int64_t>(i) - 1))]);
  }
  Dims y;
  StridedAttributes attributes{.offset = static_cast<int32_t>(offset)};
  for (const Axis& axis : axes) {
    y.push_back(axis.dim);
    attributes.strides.push_back(static_cast<int32_t>(axis.stride));
  }
  testCase.addOutput(y, type);
  testCase.set(attributes);
  testCase.tolerance = {0, 0};
  return testCase;
}

}  // namespace gdws::test
