#include "native/sums.h"

#include <cmath>
#include <limits>

namespace gdws::test {

namespace {

bool isByte(DataType type) { return type == DataType::uint8 || type == DataType::int8; }

}  // namespace

void addBytes(TestCase& testCase, Random& random, Storage storage, DataType type, const Dims& dims) {
  std::vector<uint8_t> bytes(countOf(dims));
  const double ends = random.choose<double>({0, 0, 0.1, 0.9});
  for (uint8_t& byte : bytes) {
    byte = random.chance(ends) ? random.choose<uint8_t>({0, 255, 127, 128}) : static_cast<uint8_t>(random.bits());
  }
  testCase.add(storage, type, dims, bytes);
}

DataType randomByteType(Random& random) { return random.chance(0.5) ? DataType::uint8 : DataType::int8; }

std::vector<float> randomScales(Random& random, int64_t count, double size) {
  std::vector<float> scales(static_cast<size_t>(count));
  const double range = random.choose<double>({20, 100, 100, 300, 5000});
  const bool areEven = random.chance(0.3);
  for (float& scale : scales) {
    const double wanted = range / size * (0.5 + random.uniform()) * (random.chance(0.1) ? -1 : 1);
    scale = static_cast<float>(areEven ? std::exp2(std::round(std::log2(std::fabs(wanted)))) : wanted);
    if (random.chance(0.01)) scale = random.choose<float>({0, 1e30f, -1e30f, 1e-40f});
  }
  return scales;
}

SumOfBytes::SumOfBytes(Random& random, int64_t depth, const Dims& output)
    : random_(random), output_(output), channels_(output[1]), size_(5000 * std::sqrt(static_cast<double>(depth) + 1)) {
  type_ = random.chance(0.7) ? randomByteType(random) : random.choose({DataType::float32, DataType::int32});
  residualType_ = random.chance(0.7) ? type_ : randomByteType(random);
  hasResidual_ = isByte(type_) && random.chance(0.4);
  if (!isByte(residualType_)) residualType_ = DataType::uint8;
}

void SumOfBytes::finish(TestCase& testCase) {
  const int64_t outputs = channels_;
  if (type_ == DataType::int32) {
    testCase.addAbsent();
  } else {
    std::vector<float> scales = randomScales(random_, outputs, size_);
    const Storage storage = random_.chance(0.8) ? Storage::constant : Storage::input;
    if (storage == Storage::input && random_.chance(0.2)) {
      scales[0] = random_.choose({std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()});
    }
    testCase.add(storage, DataType::float32, {outputs}, scales);
  }
  if (random_.chance(0.6)) {
    std::vector<int32_t> bias(static_cast<size_t>(outputs));
    for (int32_t& number : bias) number = static_cast<int32_t>(size_ * random_.number());
    testCase.add(random_.chance(0.9) ? Storage::constant : Storage::input, DataType::int32, {outputs}, bias);
  } else {
    testCase.addAbsent();
  }
  if (hasResidual_) {
    addBytes(testCase, random_, Storage::input, residualType_, output_);
  } else if (random_.chance(0.5)) {
    testCase.addAbsent();
  }
  testCase.addOutput(output_, type_);
  testCase.tolerance.relative = 0;
}

int32_t SumOfBytes::numberOf(DataType type) {
  const int32_t least = type == DataType::int8 ? -128 : 0;
  return static_cast<int32_t>(random_.chance(0.3) ? least + random_.choose<int32_t>({0, 128, 255})
                                                  : random_.integer(least, least + 255));
}

SumOfBytes::Limits SumOfBytes::randomLimits(DataType type) {
  const int32_t least = type == DataType::int8 ? -128 : 0;
  if (random_.chance(0.6)) return {least, least + 255};
  const int32_t a = numberOf(type), b = numberOf(type);
  return {std::min(a, b), std::max(a, b)};
}

}  // namespace gdws::test
