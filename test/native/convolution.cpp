#include <algorithm>
#include <numeric>
#include <utility>

#include "native/generators.h"
#include "native/maps.h"
#include "native/names.h"

namespace gdws::test {

namespace {

/// What the attributes of all convolutions have in common.
template <class Attributes>
Attributes attributesOf(int64_t groups, const Maps& maps, Activation activation) {
  Attributes attributes = windowOf<Attributes>(groups, maps);
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
  if (random.chance(0.8)) {
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
  std::vector<int32_t> kernels = randomKernels(random, channels, groups);
  const int64_t intermediate = std::accumulate(kernels.begin(), kernels.end(), int64_t{0});
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
