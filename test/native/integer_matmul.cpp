#include "native/generators.h"
#include "native/shapes.h"
#include "native/sums.h"

namespace gdws::test {

namespace {

int64_t randomLength(Random& random) {
  return random.chance(0.2) ? 1 : random.integer(1, random.choose<int64_t>({4, 20, 70}));
}

Storage randomStorage(Random& random) { return random.chance(0.5) ? Storage::constant : Storage::input; }

}  // namespace

TestCase randomIntegerMatmul(Random& random) {
  const int64_t rows = randomLength(random), depth = randomLength(random), columns = randomLength(random);
  Dims batch;
  for (int64_t axes = random.chance(0.5) ? 0 : random.integer(1, 2); axes > 0; --axes) {
    batch.push_back(random.integer(1, 3));
  }
  const DataType aType = randomByteType(random), bType = randomByteType(random);
  TestCase testCase(Opcode::integerMatmul);
  addBytes(testCase, random, Storage::input, aType, randomOperand(random, batch, rows, depth, false));
  addBytes(testCase, random, randomStorage(random), bType, randomOperand(random, batch, depth, columns, false));
  if (random.chance(0.7)) {
    addBytes(testCase, random, randomStorage(random), aType, {1});
  } else {
    testCase.addAbsent();
  }
  if (random.chance(0.7)) {
    addBytes(testCase, random, randomStorage(random), bType, {random.chance(0.5) ? 1 : columns});
  } else {
    testCase.addAbsent();
  }
  Dims y = batch;
  y.push_back(rows);
  y.push_back(columns);
  testCase.addOutput(y, DataType::int32);
  return testCase;
}

}  // namespace gdws::test
