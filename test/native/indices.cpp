#include "native/indices.h"

#include <limits>

namespace gdws::test {

void addIndices(TestCase& testCase, Random& random, const Dims& dims, const Dims& lengths) {
  const bool constant = random.chance(0.5);
  const int64_t beyond = constant ? 0 : 2;
  std::vector<int32_t> narrow;
  std::vector<int64_t> wide;
  for (size_t i = 0; i < countOf(dims); ++i) {
    const int64_t length = lengths[i % lengths.size()];
    wide.push_back(random.integer(-length - beyond, length - 1 + beyond));
    narrow.push_back(static_cast<int32_t>(wide.back()));
  }
  const Storage storage = constant ? Storage::constant : Storage::input;
  if (random.chance(0.5)) return testCase.add(storage, DataType::int32, dims, narrow);
  testCase.add(storage, DataType::int64, dims, wide);
}

void addElements(TestCase& testCase, Random& random, DataType type, const Dims& dims) {
  if (type != DataType::float32) return addRandom(testCase, random, type, dims);
  std::vector<float> data(countOf(dims));
  const bool wild = random.chance(0.3);
  for (float& x : data) {
    x = static_cast<float>(random.integer(-3, 3));
    if (wild && random.chance(0.1)) x = std::numeric_limits<float>::quiet_NaN();
  }
  testCase.addInput(dims, std::move(data));
}

}  // namespace gdws::test
