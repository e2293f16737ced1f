#include <algorithm>

#include "native/generators.h"
#include "native/names.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomGridSample(Random& random) {
  const bool solid = random.chance(0.3);
  const int64_t axes = solid ? 3 : 2;
  Dims x = {random.integer(1, 2), random.chance(0.02) ? 0 : random.integer(1, 5)}, y = x, grid = {x[0]};
  for (int64_t axis = 0; axis < axes; ++axis) {
    x.push_back(random.chance(0.2) ? 1 : random.integer(1, solid ? 6 : 20));
    y.push_back(random.chance(0.02) ? 0 : random.integer(1, solid ? 6 : 20));
    grid.push_back(y.back());
  }
  grid.push_back(axes);
  TestCase testCase(Opcode::gridSample);
  testCase.addInput(x, numbers(random, x));
  testCase.addInput(grid, wildNumbers(random, grid, random.choose<float>({1.0f, 1.5f, 6.0f})));
  testCase.addOutput(y);
  testCase.set(GridSampleAttributes{
      // There is no cubic sample of three axes.
      .interpolation = randomName<Interpolation>(random, solid ? interpolationCount - 1 : interpolationCount),
      .outside = randomName<OutsideMap>(random, outsideMapCount),
      .alignCorners = random.integer(0, 1) == 1,
  });
  testCase.tolerance = {0, 1e-5};
  return testCase;
}

TestCase randomRoiAlign(Random& random) {
  const Dims x = {random.integer(1, 3), random.chance(0.02) ? 0 : random.integer(1, 5), random.integer(1, 12),
                  random.integer(1, 12)};
  const int64_t regions = random.integer(0, 6);
  const Dims y = {regions, x[1], random.integer(1, 5), random.integer(1, 5)};
  const float scale = random.choose<float>({1.0f, 0.5f, 0.3f});
  std::vector<float> corners = wildNumbers(random, {regions, 4}, 1);
  for (size_t i = 0; i < corners.size(); ++i) {
    const auto length = static_cast<float>(x[i % 2 == 0 ? 3 : 2]);
    // Mostly within the map, from one corner to the opposite one.
    corners[i] = (corners[i] * 0.6f + (i % 4 < 2 ? 0.2f : 0.8f)) * length / scale;
  }
  std::vector<int64_t> wide;
  std::vector<int32_t> narrow;
  for (int64_t i = 0; i < regions; ++i) {
    wide.push_back(random.integer(random.chance(0.1) ? -5 : 0, random.chance(0.1) ? 5 : x[0] - 1));
    narrow.push_back(static_cast<int32_t>(wide.back()));
  }
  TestCase testCase(Opcode::roiAlign);
  testCase.addInput(x, numbers(random, x));
  testCase.addInput({regions, 4}, corners);
  if (random.chance(0.5)) {
    testCase.add(Storage::input, DataType::int64, {regions}, wide);
  } else {
    testCase.add(Storage::input, DataType::int32, {regions}, narrow);
  }
  testCase.addOutput(y);
  testCase.set(RoiAlignAttributes{
      .pooling = randomName<BinPooling>(random, binPoolingCount),
      .samples = random.chance(0.4) ? 0 : static_cast<int32_t>(random.integer(1, 4)),
      .halfPixel = random.integer(0, 1) == 1,
      .scale = scale,
  });
  testCase.tolerance = {0, 1e-5};
  return testCase;
}

}  // namespace gdws::test
