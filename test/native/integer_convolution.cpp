#include "native/generators.h"
#include "native/maps.h"
#include "native/sums.h"

namespace gdws::test {

namespace {

/// Sums near those that integerConvolution.winograd4 still finds: 229 channels of weights of 127 have them, 230 have
/// not.
TestCase largestSums(Random& random) {
  const int64_t channels = random.integer(225, 234), size = random.integer(3, 6), outputs = random.integer(1, 3);
  TestCase testCase(Opcode::integerConvolution);
  const auto fill = [](const Dims& dims, int8_t byte) { return std::vector<int8_t>(countOf(dims), byte); };
  const Dims x{1, channels, size, size}, w{outputs, channels, 3, 3};
  testCase.add(Storage::input, DataType::int8, x, fill(x, random.chance(0.5) ? int8_t{127} : int8_t{-128}));
  testCase.add(Storage::constant, DataType::int8, w, fill(w, random.chance(0.5) ? int8_t{127} : int8_t{-127}));
  for (int absent = 0; absent < 4; ++absent) testCase.addAbsent();
  testCase.addOutput({1, outputs, size, size}, DataType::int32);
  testCase.tolerance.relative = 0;
  IntegerConvolutionAttributes attributes;
  attributes.groups = 1;
  attributes.strides = attributes.dilations = {1, 1};
  attributes.pads = {1, 1, 1, 1};
  testCase.set(attributes);
  return testCase;
}

}  // namespace

TestCase randomIntegerConvolution(Random& random) {
  if (random.chance(0.02)) return largestSums(random);
  const Maps maps = random.chance(0.3) ? randomWinogradMaps(random) : randomMaps(random);
  int64_t groups = random.chance(0.7) ? 1 : random.integer(2, 6);
  int64_t inputs = randomChannels(random), outputs = randomChannels(random);
  if (random.chance(0.2)) {  // depthwise
    groups = randomChannels(random);
    inputs = 1;
    outputs = random.chance(0.6) ? 1 : random.integer(2, 9);
  } else if (groups > 1) {
    inputs = random.integer(1, 9);
    outputs = random.integer(1, 20);
  }
  if (groups == 1 && random.chance(0.15)) inputs = random.integer(65, 140);  // more than a matrix register holds
  if (random.chance(0.02)) inputs = 0;
  const Dims plane{maps.vertical.output(), maps.horizontal.output()};
  const int64_t depth = inputs * maps.vertical.kernel * maps.horizontal.kernel;
  int64_t batch = randomBatch(random);
  limitBatch(batch, static_cast<double>(groups * depth * outputs * plane[0] * plane[1]));
  if (random.chance(0.01)) batch = 0;
  const Dims x{batch, groups * inputs, maps.vertical.length, maps.horizontal.length};
  const Dims w{groups * outputs, inputs, maps.vertical.kernel, maps.horizontal.kernel};
  TestCase testCase(Opcode::integerConvolution);
  const DataType xType = randomByteType(random), wType = randomByteType(random);
  addBytes(testCase, random, Storage::input, xType, x);
  const Storage weightStorage = random.chance(0.95) ? Storage::constant : Storage::input;
  addBytes(testCase, random, weightStorage, wType, w);
  if (random.chance(0.7)) {
    addBytes(testCase, random, random.chance(0.7) ? Storage::constant : Storage::input, xType, {1});
  } else {
    testCase.addAbsent();
  }
  const double zeroPoints = random.uniform();
  if (zeroPoints < 0.5) {
    testCase.addAbsent();
  } else if (zeroPoints < 0.7) {  // as most files with uint8 weights have
    const std::vector<uint8_t> middle(static_cast<size_t>(w[0]), wType == DataType::uint8 ? 128 : 0);
    testCase.add(Storage::constant, wType, {w[0]}, middle);
  } else {
    addBytes(testCase, random, random.chance(0.9) ? Storage::constant : Storage::input, wType, {w[0]});
  }
  SumOfBytes sum(random, depth, {batch, w[0], plane[0], plane[1]});
  sum.finish(testCase);
  auto attributes = windowOf<IntegerConvolutionAttributes>(groups, maps);
  sum.set(attributes);
  testCase.set(attributes);
  return testCase;
}

}  // namespace gdws::test
