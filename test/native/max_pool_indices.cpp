#include <algorithm>

#include "native/generators.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomMaxPoolIndices(Random& random) {
  Dims x = {random.chance(0.02) ? 0 : random.integer(1, 4)}, y = x;
  MaxPoolIndicesAttributes attributes;
  for (size_t axis = 0; axis < 3; ++axis) {
    const int64_t from = random.chance(0.3) ? 1 : random.integer(1, random.choose<int64_t>({4, 9, 20}));
    const int64_t kernel = random.integer(1, 4);
    const int64_t stride = random.chance(0.4) ? kernel : random.integer(1, 4);
    const int64_t dilation = random.chance(0.8) ? 1 : random.integer(2, 3);
    const int64_t begin = random.chance(0.5) ? 0 : random.integer(0, kernel);
    int64_t end = random.chance(0.5) ? 0 : random.integer(0, kernel);
    const int64_t extent = (kernel - 1) * dilation + 1;
    end = std::max(end, extent - from - begin);
    const int64_t room = from + begin + end - extent;
    x.push_back(from);
    y.push_back((random.chance(0.2) ? (room + stride - 1) / stride : room / stride) + 1);
    attributes.kernel[axis] = static_cast<int32_t>(kernel);
    attributes.strides[axis] = static_cast<int32_t>(stride);
    attributes.dilations[axis] = static_cast<int32_t>(dilation);
    attributes.pads[axis] = static_cast<int32_t>(begin);
    attributes.pads[axis + 3] = static_cast<int32_t>(end);
  }
  attributes.columnMajor = random.integer(0, 1) == 1;
  TestCase testCase(Opcode::maxPoolIndices);
  std::vector<float> data = wildNumbers(random, x, 3);
  // Equal elements, of which the first is taken.
  if (random.chance(0.5)) {
    for (float& value : data) value = static_cast<float>(random.integer(0, 2));
  }
  testCase.addInput(x, std::move(data));
  testCase.addOutput(y, DataType::int64);
  testCase.set(attributes);
  return testCase;
}

TestCase randomMaxUnpool(Random& random) {
  const Dims x = randomDims(random, random.integer(1, 4));
  const Dims y = randomDims(random, random.integer(1, 4));
  const auto elements = static_cast<int64_t>(countOf(y));
  std::vector<int64_t> places(countOf(x));
  for (int64_t& place : places) {
    // Now and then out of range.
    place = random.integer(-1, elements);
    if (random.chance(0.01)) place = static_cast<int64_t>(random.bits());
  }
  TestCase testCase(Opcode::maxUnpool);
  testCase.addInput(x, wildNumbers(random, x, 3));
  testCase.add(Storage::input, DataType::int64, x, places);
  testCase.addOutput(y);
  testCase.tolerance = {0, 0};
  return testCase;
}

}  // namespace gdws::test
