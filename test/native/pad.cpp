#include <algorithm>
#include <utility>

#include "native/generators.h"
#include "native/shapes.h"

namespace gdws::test {

TestCase randomPad(Random& random) {
  const Dims dims = randomDims(random, random.integer(0, 4));
  const DataType type =
      random.choose({DataType::float32, DataType::int64, DataType::int32, DataType::uint8, DataType::int8, DataType::boolean});
  TestCase testCase(Opcode::pad);
  addRandom(testCase, random, type, dims);
  Dims y;
  std::vector<int32_t> begins;
  for (const int64_t dim : dims) {
    const bool padded = random.chance(0.5);
    begins.push_back(padded ? static_cast<int32_t>(random.integer(-3, 3)) : 0);
    y.push_back(padded ? std::max<int64_t>(0, dim + begins.back() + random.integer(-3, 3)) : dim);
  }
  testCase.addOutput(y, type);
  testCase.set(PadAttributes{std::move(begins), random.choose<float>({0, 1, -3.7f, 1e20f})});
  testCase.tolerance = {0, 0};
  return testCase;
}

}  // namespace gdws::test
