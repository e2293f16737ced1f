#include <algorithm>

#include "native/generators.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomInterpolate(Random& random) {
  Dims dims = randomDims(random, random.integer(1, 4));
  const auto axis = static_cast<size_t>(random.integer(0, static_cast<int64_t>(dims.size()) - 1));
  if (dims[axis] == 0) dims[axis] = 1;
  const Dims index = {random.integer(0, 100), random.choose<int64_t>({1, 2, 2, 2, 4, 7, 100})};
  TestCase testCase(Opcode::interpolate);
  testCase.addInput(dims, numbers(random, dims));
  // As a resize has them, near the place in proportion; or anywhere.
  const bool anywhere = random.chance(0.2);
  std::vector<int32_t> indices;
  for (int64_t o = 0; o < index[0]; ++o) {
    for (int64_t tap = 0; tap < index[1]; ++tap) {
      const int64_t place = anywhere ? random.integer(0, dims[axis] - 1) : o * dims[axis] / index[0] + tap - 1;
      indices.push_back(static_cast<int32_t>(std::clamp<int64_t>(place, 0, dims[axis] - 1)));
    }
  }
  testCase.add(random.chance(0.9) ? Storage::constant : Storage::input, DataType::int32, index, indices);
  testCase.add(random.chance(0.9) ? Storage::constant : Storage::input, DataType::float32, index,
               numbers(random, index));
  Dims y = dims;
  y[axis] = index[0];
  testCase.addOutput(y);
  testCase.set(InterpolateAttributes{.axis = static_cast<int32_t>(axis)});
  testCase.tolerance = {1e-6, 0, true};
  return testCase;
}

}  // namespace gdws::test
