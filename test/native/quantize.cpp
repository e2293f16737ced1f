#include <array>
#include <cmath>
#include <limits>

#include "native/generators.h"
#include "native/shapes.h"

namespace gdws::test {

namespace {

/// Few mantissas, for which quotients are exact ties; or any; or a scale that is no normal float, or nearly none.
float randomScale(Random& random) {
  if (random.chance(0.03)) return random.choose<float>({1e-45f, 1e-40f, 1.2e-38f, 1e38f, 3.4e38f});
  const float mantissa = random.chance(0.4)    ? random.choose<float>({1.0f, 1.5f, 3.0f, 5.0f})
                         : random.chance(0.05) ? std::nextafter(2.0f, 0.0f)
                                               : 1 + static_cast<float>(random.uniform());
  return std::ldexp(mantissa, static_cast<int>(random.integer(-12, 4)));
}

std::vector<uint8_t> randomZeroPoints(Random& random, const Dims& dims) {
  std::vector<uint8_t> zeroPoints(countOf(dims));
  for (uint8_t& zeroPoint : zeroPoints) {
    zeroPoint = static_cast<uint8_t>(random.chance(0.5) ? random.choose<int>({0, 1, 127, 128, 255}) : random.bits());
  }
  return zeroPoints;
}

/// Numbers about the range that `scale` has for bytes: halves, what is next to them, and wild ones.
std::vector<float> numbersToQuantize(Random& random, const Dims& dims, float scale) {
  std::vector<float> data = wildNumbers(random, dims, 1);
  const double halves = random.choose<double>({0, 0.3, 1});
  const float spread = random.choose<float>({100, 260, 600});
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (float& x : data) {
    if (std::fabs(x) < 1) x *= spread * scale;
    if (!random.chance(halves)) continue;
    x = (static_cast<float>(random.integer(-260, 260)) + 0.5f) * scale;
    if (random.chance(0.3)) x = std::nextafter(x, random.choose<float>({infinity, -infinity}));
  }
  return data;
}

/// Scales, and absent or present zero points, for x of `dims`; sets the axis. Returns a scale.
struct Quantization {
  Dims dims;
  std::vector<float> scales;
  std::vector<uint8_t> zeroPoints;  ///< empty where absent
  int32_t axis = 0;
  Storage storage = Storage::input;
};

Quantization randomQuantization(Random& random, const Dims& x) {
  Quantization result;
  const auto rank = static_cast<int64_t>(x.size());
  if (rank > 0) result.axis = static_cast<int32_t>(random.integer(0, rank - 1));
  if (rank > 0 && random.chance(0.6)) {
    result.dims = {x[static_cast<size_t>(result.axis)]};
  } else if (random.chance(0.7)) {
    result.dims = {1};
  }
  const float first = randomScale(random);
  for (size_t k = 0; k < countOf(result.dims); ++k) {
    result.scales.push_back(k == 0 || random.chance(0.5) ? first : randomScale(random));
  }
  if (random.chance(0.7)) result.zeroPoints = randomZeroPoints(random, result.dims);
  if (random.chance(0.5)) result.storage = Storage::constant;
  return result;
}

void addQuantization(TestCase& testCase, const Quantization& quantization, DataType type) {
  testCase.add(quantization.storage, DataType::float32, quantization.dims, quantization.scales);
  if (!quantization.zeroPoints.empty()) {
    testCase.add(quantization.storage, type, quantization.dims, quantization.zeroPoints);
  }
}

}  // namespace

TestCase randomQuantize(Random& random) {
  const Dims dims = randomDims(random, random.integer(0, 4));
  const DataType type = random.choose({DataType::uint8, DataType::int8});
  const Quantization quantization = randomQuantization(random, dims);
  TestCase testCase(Opcode::quantize);
  const float scale = quantization.scales.empty() ? 1 : quantization.scales.front();
  testCase.addInput(dims, numbersToQuantize(random, dims, scale));
  addQuantization(testCase, quantization, type);
  testCase.addOutput(dims, type);
  testCase.set(QuantizeAttributes{.axis = quantization.axis});
  testCase.tolerance = {0, 0};
  return testCase;
}

TestCase randomDequantize(Random& random) {
  const Dims dims = randomDims(random, random.integer(0, 4));
  const DataType type = random.choose({DataType::uint8, DataType::int8, DataType::int32});
  Quantization quantization = randomQuantization(random, dims);
  TestCase testCase(Opcode::dequantize);
  if (type == DataType::int32) {
    addWildIntegers(testCase, random, type, dims);
    const bool hasZeroPoint = !quantization.zeroPoints.empty();
    quantization.zeroPoints.clear();
    addQuantization(testCase, quantization, type);
    if (hasZeroPoint) {
      testCase.add(Storage::constant, type, quantization.dims, std::vector<int32_t>(countOf(quantization.dims)));
    }
  } else {
    addRandom(testCase, random, type, dims);
    addQuantization(testCase, quantization, type);
  }
  testCase.addOutput(dims);
  testCase.set(DequantizeAttributes{.axis = quantization.axis});
  testCase.tolerance = {0, 0};
  return testCase;
}

TestCase randomDynamicQuantize(Random& random) {
  const Dims dims = randomDims(random, random.integer(0, 4));
  TestCase testCase(Opcode::dynamicQuantize);
  std::vector<float> x = wildNumbers(random, dims, random.choose<float>({1, 300, 1e-39f, 1e38f}));
  const int sign = random.choose<int>({-1, 0, 0, 0, 1});
  const bool isZero = random.chance(0.05);
  // The scale is 1 or a power of 2 then, and there are ties.
  const bool whole = random.chance(0.4);
  for (float& element : x) {
    if (sign != 0) element = std::copysign(element, static_cast<float>(sign));
    if (whole) element = static_cast<float>(random.integer(-200, 310)) / 2;
    if (isZero) element *= 0;
  }
  if (whole && x.size() > 1) {
    x.front() = -100;
    x.back() = 155;
  }
  testCase.addInput(dims, std::move(x));
  testCase.addOutput(dims, DataType::uint8);
  testCase.addOutput({});
  testCase.addOutput({}, DataType::uint8);
  testCase.tolerance = {0, 0};
  return testCase;
}

}  // namespace gdws::test
