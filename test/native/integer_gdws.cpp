#include <algorithm>
#include <numeric>
#include <utility>

#include "native/generators.h"
#include "native/maps.h"
#include "native/sums.h"

namespace gdws::test {

TestCase randomIntegerGdws(Random& random) {
  const Maps maps = randomMaps(random);
  const int64_t channels = randomChannels(random);
  const int64_t groups = random.chance(0.8) ? 1 : random.integer(2, 3);
  const int64_t outputs = groups * (groups > 1 ? random.integer(1, 9) : randomChannels(random));
  std::vector<int32_t> kernels = randomKernels(random, channels, groups);
  const int64_t intermediate = std::accumulate(kernels.begin(), kernels.end(), int64_t{0});
  const Dims plane{maps.vertical.output(), maps.horizontal.output()};
  const int64_t taps = maps.vertical.kernel * maps.horizontal.kernel, depth = intermediate / groups;
  int64_t batch = randomBatch(random);
  limitBatch(batch, static_cast<double>(intermediate * (taps + outputs) * plane[0] * plane[1]));
  if (random.chance(0.01)) batch = 0;
  TestCase testCase(Opcode::integerGdws);
  const DataType xType = randomByteType(random);
  addBytes(testCase, random, Storage::input, xType, {batch, channels, maps.vertical.length, maps.horizontal.length});
  addBytes(testCase, random, Storage::constant, DataType::int8,
           {intermediate, 1, maps.vertical.kernel, maps.horizontal.kernel});
  const Storage pointwise = random.chance(0.95) ? Storage::constant : Storage::input;
  addBytes(testCase, random, pointwise, DataType::int8, {outputs, depth, 1, 1});
  if (random.chance(0.7)) {
    addBytes(testCase, random, random.chance(0.7) ? Storage::constant : Storage::input, xType, {1});
  } else {
    testCase.addAbsent();
  }
  // Of the usual size, or about as large as what the fraction of a float holds.
  const double featureSize = random.chance(0.1) ? 1e7 : 5000 * static_cast<double>(std::min<int64_t>(taps, 9));
  testCase.add(random.chance(0.9) ? Storage::constant : Storage::input, DataType::float32, {intermediate},
               randomScales(random, intermediate, featureSize));
  if (random.chance(0.6)) {
    std::vector<int32_t> bias(static_cast<size_t>(intermediate));
    for (int32_t& number : bias) number = static_cast<int32_t>(featureSize * random.number());
    testCase.add(random.chance(0.9) ? Storage::constant : Storage::input, DataType::int32, {intermediate}, bias);
  } else {
    testCase.addAbsent();
  }
  SumOfBytes sum(random, depth, {batch, outputs, plane[0], plane[1]});
  sum.finish(testCase);
  auto attributes = windowOf<IntegerGdwsAttributes>(groups, maps);
  sum.set(attributes);
  const int32_t least = random.chance(0.5) ? -128 : 0;
  attributes.featureLeast = least;
  attributes.featureMost = least + 255;
  if (random.chance(0.4)) {
    attributes.featureLeast = least + static_cast<int32_t>(random.integer(0, 255));
    attributes.featureMost = static_cast<int32_t>(random.integer(attributes.featureLeast, least + 255));
  }
  attributes.featureZeroPoint =
      least + static_cast<int32_t>(random.choose<int64_t>({0, 128, 255, random.integer(0, 255)}));
  attributes.kernels = std::move(kernels);
  testCase.set(attributes);
  return testCase;
}

}  // namespace gdws::test
