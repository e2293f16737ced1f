#include <algorithm>
#include <array>

#include "native/generators.h"
#include "native/shapes.h"

namespace gdws::test {

namespace {

struct Axis {
  int64_t kernel, stride, dilation, padBegin, padEnd, from, to;
};

Axis randomAxis(Random& random) {
  Axis axis{};
  axis.from = random.chance(0.1) ? 1 : random.integer(1, random.choose<int64_t>({4, 9, 20, 70}));
  axis.kernel = random.integer(1, random.choose<int64_t>({2, 3, 3, 7}));
  axis.stride = random.chance(0.4) ? axis.kernel : random.integer(1, 4);
  axis.dilation = random.chance(0.8) ? 1 : random.integer(2, 3);
  if (random.chance(0.1)) {  // the whole axis
    axis.kernel = axis.from;
    axis.dilation = 1;
  }
  if (random.chance(0.2)) axis.from = axis.kernel * axis.stride * random.integer(1, 6);
  if (random.chance(0.5)) {
    axis.padBegin = random.integer(0, axis.kernel - 1);
    axis.padEnd = random.integer(0, axis.kernel - 1);
  }
  const int64_t extent = (axis.kernel - 1) * axis.dilation + 1;
  axis.padEnd = std::max(axis.padEnd, extent - axis.from - axis.padBegin);
  const int64_t room = axis.from + axis.padBegin + axis.padEnd - extent;
  axis.to = (random.chance(0.2) ? (room + axis.stride - 1) / axis.stride : room / axis.stride) + 1;
  return axis;
}

template <class Attributes>
Attributes attributesOf(const Axis& height, const Axis& width) {
  const auto both = [&](int64_t Axis::*member) {
    return std::array{static_cast<int32_t>(height.*member), static_cast<int32_t>(width.*member)};
  };
  const auto [top, left] = both(&Axis::padBegin);
  const auto [bottom, right] = both(&Axis::padEnd);
  Attributes attributes;
  attributes.kernel = both(&Axis::kernel);
  attributes.strides = both(&Axis::stride);
  attributes.dilations = both(&Axis::dilation);
  attributes.pads = {top, left, bottom, right};
  return attributes;
}

template <class Attributes>
TestCase randomPool(Random& random, Opcode opcode) {
  const Axis height = randomAxis(random);
  Axis width = randomAxis(random);
  if (random.chance(0.5)) width = height;
  if (random.chance(0.05)) {  // padding much longer than the rows
    width.kernel = 2;
    width.dilation = random.integer(1000, 3000);
    width.padBegin = random.integer(0, width.dilation);
    width.padEnd = std::max<int64_t>(0, width.dilation + 1 - width.from - width.padBegin);
    width.to = (width.from + width.padBegin + width.padEnd - width.dilation - 1) / width.stride + 1;
  }
  const Dims x = {random.integer(1, 2), random.chance(0.02) ? 0 : random.integer(1, 5), height.from, width.from};
  const Dims y = {x[0], x[1], height.to, width.to};
  const bool isGradient = opcode == Opcode::maxPoolGradient;
  TestCase testCase(opcode);
  const bool isInteger = opcode == Opcode::integerAveragePool;
  const auto byteType = [&] { return random.choose({DataType::uint8, DataType::int8}); };
  const DataType type = isInteger || (opcode == Opcode::maxPool && random.chance(0.5)) ? byteType() : DataType::float32;
  const DataType yType = isInteger ? byteType() : type;
  if (type == DataType::float32) {
    testCase.addInput(x, opcode == Opcode::averagePool ? numbers(random, x) : wildNumbers(random, x, 3));
  } else {
    addRandom(testCase, random, type, x);
  }
  if (isGradient) testCase.addInput(y, numbers(random, y));
  testCase.addOutput(isGradient ? x : y, yType);
  auto attributes = attributesOf<Attributes>(height, width);
  if constexpr (requires { attributes.countIncludePad; }) attributes.countIncludePad = random.integer(0, 1) == 1;
  if constexpr (requires { attributes.xZeroPoint; }) {
    attributes.xZeroPoint = randomZeroPoint(random, type);
    attributes.zeroPoint = randomZeroPoint(random, yType);
    // With these, means are ties.
    const auto taps = static_cast<float>(height.kernel * width.kernel);
    attributes.scale = random.chance(0.4)    ? taps * random.choose<float>({0.5f, 0.25f}) / 16
                       : random.chance(0.05) ? random.choose<float>({1e-45f, 1e-38f, 1e38f, 3.4e38f})
                                             : random.choose<float>({0.5f, 2}) + random.number() / 4;
  }
  testCase.set(attributes);
  testCase.tolerance = {opcode == Opcode::maxPool ? 0 : 1e-6, 0, opcode == Opcode::averagePool};
  if (isGradient) testCase.tolerance = {1e-6, 1e-6, false};
  return testCase;
}

}  // namespace

TestCase randomMaxPoolGradient(Random& random) {
  return randomPool<MaxPoolGradientAttributes>(random, Opcode::maxPoolGradient);
}

TestCase randomMaxPool(Random& random) { return randomPool<MaxPoolAttributes>(random, Opcode::maxPool); }

TestCase randomAveragePool(Random& random) { return randomPool<AveragePoolAttributes>(random, Opcode::averagePool); }

TestCase randomIntegerAveragePool(Random& random) {
  return randomPool<IntegerAveragePoolAttributes>(random, Opcode::integerAveragePool);
}

}  // namespace gdws::test
