#include <algorithm>
#include <array>
#include <utility>

#include "native/generators.h"
#include "native/names.h"

namespace gdws::test {

namespace {

/// One axis of a window over a map.
struct Axis {
  int64_t length, kernel, stride, dilation, padBegin, padEnd;

  int64_t output() const { return (length + padBegin + padEnd - ((kernel - 1) * dilation + 1)) / stride + 1; }
  /// The length of the transposed convolution's output, before what an output padding adds.
  int64_t transposedOutput() const { return (length - 1) * stride + (kernel - 1) * dilation + 1 - padBegin - padEnd; }
};

Axis randomAxis(Random& random, int64_t kernel, int64_t stride) {
  Axis axis{};
  axis.length = random.chance(0.15) ? 1 : random.integer(1, random.choose<int64_t>({4, 9, 20, 40}));
  if (random.chance(0.3)) axis.length = random.choose<int64_t>({2, 4, 7, 8, 14, 16, 28, 32, 56});
  axis.kernel = kernel;
  axis.stride = stride;
  axis.dilation = random.chance(0.8) ? 1 : random.integer(2, 4);
  const bool same = random.chance(0.5);
  axis.padBegin = same ? (kernel - 1) * axis.dilation / 2 : random.integer(0, 3);
  axis.padEnd = same ? axis.padBegin : random.integer(0, 3);
  // A map smaller than the kernel needs padding to have any output.
  axis.padEnd = std::max(axis.padEnd, (kernel - 1) * axis.dilation + 1 - axis.length - axis.padBegin);
  return axis;
}

struct Maps {
  Axis vertical, horizontal;
};

Maps randomMaps(Random& random) {
  int64_t kernel = random.choose<int64_t>({1, 1, 2, 3, 3, 3, 3, 4, 5, 7});
  int64_t stride = random.choose<int64_t>({1, 1, 1, 1, 2, 2, 3, 5});
  Maps maps{};
  maps.vertical = randomAxis(random, kernel, stride);
  if (random.chance(0.2)) {
    kernel = random.integer(1, 5);
    stride = random.integer(1, 4);
  }
  maps.horizontal = randomAxis(random, kernel, stride);
  if (random.chance(0.5)) {
    const int64_t length = maps.vertical.length;
    maps.horizontal = maps.vertical;
    maps.horizontal.length = length;
  }
  return maps;
}

int64_t randomChannels(Random& random) {
  if (random.chance(0.2)) return 1;
  return random.chance(0.3) ? random.choose<int64_t>({8, 16, 32, 48, 64, 100}) : random.integer(1, 24);
}

/// What the attributes of all convolutions have in common.
template <class Attributes>
Attributes attributesOf(int64_t groups, const Maps& maps, Activation activation) {
  const auto both = [&](int64_t Axis::*member) {
    return std::array{static_cast<int32_t>(maps.vertical.*member), static_cast<int32_t>(maps.horizontal.*member)};
  };
  const auto [top, left] = both(&Axis::padBegin);
  const auto [bottom, right] = both(&Axis::padEnd);
  Attributes attributes;
  attributes.groups = static_cast<int32_t>(groups);
  attributes.strides = both(&Axis::stride);
  attributes.dilations = both(&Axis::dilation);
  attributes.pads = {top, left, bottom, right};
  attributes.activation.kind = activation;
  return attributes;
}

/// Bias and residual or not, output, attributes, tolerance.
template <class Attributes>
void finish(TestCase& testCase, Random& random, const Dims& output, bool residual, Attributes attributes) {
  if (random.chance(0.6)) {
    testCase.addConstant({output[1]}, numbers(random, {output[1]}));
  } else {
    testCase.addAbsent();
  }
  if (residual) testCase.addInput(output, numbers(random, output));
  testCase.addOutput(output);
  attributes.activation.a = random.number() * 0.3f;
  attributes.activation.b = 1.5f;
  testCase.set(attributes);
  testCase.tolerance.sumOfTerms = true;
  attributes.activation = {};
  testCase.linearise = [attributes](TestCase& linear) { linear.set(attributes); };
}

/// Keeps a case to some 10 million multiplications.
void limitBatch(int64_t& batch, double costPerImage) {
  batch = std::clamp(static_cast<int64_t>(1e7 / std::max(costPerImage, 1.0)), int64_t{1}, batch);
}

int64_t randomBatch(Random& random) { return random.chance(0.5) ? 1 : random.integer(1, 9); }

}  // namespace

TestCase randomConvolution(Random& random) {
  const Maps maps = randomMaps(random);
  int64_t groups = random.chance(0.7) ? 1 : random.integer(2, 6);
  int64_t inputs = randomChannels(random), outputs = randomChannels(random);
  if (random.chance(0.2)) {  // depthwise
    groups = randomChannels(random);
    inputs = 1;
    outputs = random.integer(1, 3);
  } else if (groups > 1) {
    inputs = random.integer(1, 9);
    outputs = random.integer(1, 20);
  }
  const Dims plane{maps.vertical.output(), maps.horizontal.output()};
  int64_t batch = randomBatch(random);
  limitBatch(batch, static_cast<double>(groups * inputs * outputs * maps.vertical.kernel * maps.horizontal.kernel *
                                        plane[0] * plane[1]));
  const Dims x{batch, groups * inputs, maps.vertical.length, maps.horizontal.length};
  const Dims w{groups * outputs, inputs, maps.vertical.kernel, maps.horizontal.kernel};
  TestCase testCase(Opcode::convolution);
  testCase.addInput(x, numbers(random, x));
  if (random.chance(0.9)) {
    testCase.addConstant(w, numbers(random, w));
  } else {
    testCase.addInput(w, numbers(random, w));
  }
  finish(testCase, random, {batch, w[0], plane[0], plane[1]}, random.chance(0.3),
         attributesOf<ConvolutionAttributes>(groups, maps, randomActivation(random)));
  return testCase;
}

TestCase randomConvolutionTranspose(Random& random) {
  Maps maps = randomMaps(random);
  for (Axis* axis : {&maps.vertical, &maps.horizontal}) {
    axis->length = std::min<int64_t>(axis->length, 20);
    while (axis->transposedOutput() < 1) axis->padEnd = axis->padBegin = std::max<int64_t>(0, axis->padBegin - 1);
  }
  const int64_t groups = random.chance(0.7) ? 1 : random.integer(2, 4);
  const int64_t inputs = groups > 1 ? random.integer(1, 6) : randomChannels(random);
  const int64_t outputs = groups > 1 ? random.integer(1, 6) : randomChannels(random);
  const int64_t extra = random.chance(0.3) ? random.integer(0, 2) : 0;  // output padding
  const Dims plane{maps.vertical.transposedOutput() + extra, maps.horizontal.transposedOutput() + extra};
  int64_t batch = randomBatch(random);
  limitBatch(batch, static_cast<double>(groups * inputs * outputs * maps.vertical.kernel * maps.horizontal.kernel *
                                        plane[0] * plane[1]));
  const Dims x{batch, groups * inputs, maps.vertical.length, maps.horizontal.length};
  const Dims w{groups * inputs, outputs, maps.vertical.kernel, maps.horizontal.kernel};
  TestCase testCase(Opcode::convolutionTranspose);
  testCase.addInput(x, numbers(random, x));
  testCase.addConstant(w, numbers(random, w));
  finish(testCase, random, {batch, groups * outputs, plane[0], plane[1]}, false,
         attributesOf<ConvolutionTransposeAttributes>(groups, maps, randomActivation(random)));
  return testCase;
}

TestCase randomGdws(Random& random) {
  const Maps maps = randomMaps(random);
  const int64_t channels = randomChannels(random);
  const int64_t groups = random.chance(0.8) ? 1 : random.integer(2, 3);
  const int64_t outputs = groups * (groups > 1 ? random.integer(1, 9) : randomChannels(random));
  std::vector<int32_t> kernels;
  int64_t intermediate = 0;
  const int64_t max = random.integer(0, 4);
  for (int64_t c = 0; c < channels; ++c) {
    kernels.push_back(static_cast<int32_t>(random.chance(0.3) ? max : random.integer(0, max)));
    intermediate += kernels.back();
  }
  // The intermediate channels divide among the groups.
  while (intermediate % groups != 0) {
    ++kernels.back();
    ++intermediate;
  }
  const Dims plane{maps.vertical.output(), maps.horizontal.output()};
  int64_t batch = randomBatch(random);
  limitBatch(batch, static_cast<double>(intermediate * (maps.vertical.kernel * maps.horizontal.kernel + outputs) *
                                        plane[0] * plane[1]));
  const Dims x{batch, channels, maps.vertical.length, maps.horizontal.length};
  const Dims d{intermediate, 1, maps.vertical.kernel, maps.horizontal.kernel};
  const Dims p{outputs, intermediate / groups, 1, 1};
  TestCase testCase(Opcode::gdws);
  testCase.addInput(x, numbers(random, x));
  testCase.addConstant(d, numbers(random, d));
  testCase.addConstant(p, numbers(random, p));
  auto attributes = attributesOf<GdwsAttributes>(groups, maps, randomActivation(random));
  attributes.kernels = std::move(kernels);
  finish(testCase, random, {batch, outputs, plane[0], plane[1]}, random.chance(0.3), std::move(attributes));
  return testCase;
}

}  // namespace gdws::test
