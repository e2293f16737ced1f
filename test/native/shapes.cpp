#include "native/shapes.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace gdws::test {

Dims randomDims(Random& random, int64_t rank) {
  Dims dims;
  size_t elements = 1;
  for (int64_t axis = 0; axis < rank; ++axis) {
    int64_t dim = random.chance(0.2) ? 1 : random.integer(1, random.choose<int64_t>({3, 8, 20, 70, 600}));
    if (random.chance(0.01)) dim = 0;
    if (elements * static_cast<size_t>(dim) > 40000) dim = 2;
    elements *= static_cast<size_t>(dim);
    dims.push_back(dim);
  }
  return dims;
}

Dims broadcastFrom(Random& random, const Dims& dims) {
  Dims result(dims.begin() + random.integer(0, static_cast<int64_t>(dims.size())), dims.end());
  if (random.chance(0.5)) result = dims;
  const double repeated = random.choose<double>({0, 0, 0.3, 0.6});
  for (int64_t& dim : result) {
    if (random.chance(repeated)) dim = 1;
  }
  return result;
}

Dims broadcastOf(const Dims& a, const Dims& b) {
  Dims result(std::max(a.size(), b.size()), 1);
  for (const Dims* operand : {&a, &b}) {
    for (size_t i = 0; i < operand->size(); ++i) {
      int64_t& dim = result[result.size() - operand->size() + i];
      if ((*operand)[i] != 1) dim = (*operand)[i];
    }
  }
  return result;
}

std::vector<float> wildNumbers(Random& random, const Dims& dims, float scale) {
  std::vector<float> data(countOf(dims));
  const double wild = random.choose<double>({0, 0.02, 0.3});
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (float& x : data) {
    x = random.number() * scale;
    if (!random.chance(wild)) continue;
    x = random.chance(0.5)
            ? std::bit_cast<float>(static_cast<uint32_t>(random.bits()))
            : random.choose<float>({0.0f, -0.0f, infinity, -infinity, std::numeric_limits<float>::quiet_NaN(), 1e-40f,
                                    1.0f, -1.0f, 88.0f});
  }
  return data;
}

namespace {

template <class Integer>
std::vector<Integer> wildIntegers(Random& random, const Dims& dims) {
  std::vector<Integer> data(countOf(dims));
  for (Integer& x : data) {
    x = random.chance(0.7) ? static_cast<Integer>(random.integer(-20, 20))
                           : random.choose<Integer>({0, 1, -1, std::numeric_limits<Integer>::min(),
                                                     std::numeric_limits<Integer>::max()});
  }
  return data;
}

}  // namespace

void addWildIntegers(TestCase& testCase, Random& random, DataType type, const Dims& dims) {
  if (type == DataType::int64) return testCase.add(Storage::input, type, dims, wildIntegers<int64_t>(random, dims));
  testCase.add(Storage::input, type, dims, wildIntegers<int32_t>(random, dims));
}

void addRandom(TestCase& testCase, Random& random, DataType type, const Dims& dims) {
  std::vector<uint8_t> bytes(countOf(dims) * bytesOf(type));
  for (uint8_t& byte : bytes)
    byte = static_cast<uint8_t>(type == DataType::boolean ? random.bits() & 1 : random.bits());
  testCase.add(Storage::input, type, dims, bytes);
}

int32_t randomZeroPoint(Random& random, DataType type) {
  const int64_t above = random.chance(0.5) ? random.choose<int64_t>({0, 1, 127, 128, 255}) : random.integer(0, 255);
  return static_cast<int32_t>(type == DataType::int8 ? above - 128 : above);
}

Dims randomOperand(Random& random, Dims batch, int64_t rows, int64_t columns, bool transposed) {
  // Broadcasting: leading dims missing, or 1.
  batch.erase(batch.begin(), batch.begin() + random.integer(0, static_cast<int64_t>(batch.size())));
  for (int64_t& dim : batch) {
    if (random.chance(0.2)) dim = 1;
  }
  batch.push_back(transposed ? columns : rows);
  batch.push_back(transposed ? rows : columns);
  return batch;
}

}  // namespace gdws::test
