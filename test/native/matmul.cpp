#include <cmath>

#include "native/generators.h"
#include "native/names.h"
#include "native/shapes.h"

namespace gdws::test {

namespace {

int64_t randomLength(Random& random) {
  if (random.chance(0.2)) return 1;
  return random.integer(1, random.choose<int64_t>({4, 20, 70, 300}));
}

/// Attributes and tolerance.
void finish(TestCase& testCase, Random& random, bool transposeA, bool transposeB) {
  const Activation activation = randomActivation(random);
  const float alpha = random.chance(0.7) ? 1.0f : random.number();
  const MatmulAttributes attributes{transposeA, transposeB, alpha, {activation, random.number() * 0.3f, 1.5f}};
  testCase.set(attributes);
  testCase.tolerance.sumOfTerms = true;
  testCase.linearise = [=](TestCase& linear) {
    linear.set(MatmulAttributes{transposeA, transposeB, std::abs(alpha), {}});
  };
}

/// a·aᵀ or aᵀ·a, at times of several matrices.
TestCase randomSecondMoment(Random& random) {
  const int64_t rows = randomLength(random), depth = randomLength(random);
  Dims batch;
  if (random.chance(0.4)) batch.push_back(random.integer(1, 3));
  const bool transposeA = random.chance(0.3);
  const Dims a = randomOperand(random, batch, rows, depth, transposeA);
  TestCase testCase(Opcode::matmul);
  testCase.addInput(a, numbers(random, a));
  testCase.repeatInput(0);
  if (random.chance(0.2)) {
    testCase.addConstant({rows}, numbers(random, {rows}));
  } else {
    testCase.addAbsent();
  }
  Dims y = batch;
  y.push_back(rows);
  y.push_back(rows);
  if (random.chance(0.2)) testCase.addInput(y, numbers(random, y));
  testCase.addOutput(y);
  finish(testCase, random, transposeA, !transposeA);
  return testCase;
}

}  // namespace

TestCase randomMatmul(Random& random) {
  if (random.chance(0.25)) return randomSecondMoment(random);
  const int64_t rows = randomLength(random), depth = randomLength(random), columns = randomLength(random);
  Dims batch;
  const int64_t axes = random.chance(0.5) ? 0 : random.integer(1, 2);
  for (int64_t i = 0; i < axes; ++i) batch.push_back(random.integer(1, 3));
  const bool transposeA = random.chance(0.3), transposeB = random.chance(0.4);
  const Dims a = randomOperand(random, batch, rows, depth, transposeA);
  const Dims b = randomOperand(random, batch, depth, columns, transposeB);
  TestCase testCase(Opcode::matmul);
  const auto add = [&](const Dims& dims, double constantChance) {
    if (random.chance(constantChance)) {
      testCase.addConstant(dims, numbers(random, dims));
    } else {
      testCase.addInput(dims, numbers(random, dims));
    }
  };
  add(a, 0.2);
  add(b, 0.5);
  Dims y = batch;
  y.push_back(rows);
  y.push_back(columns);
  if (random.chance(0.6)) {
    const Dims bias{random.chance(0.2) ? 1 : columns};
    testCase.addConstant(bias, numbers(random, bias));
  } else {
    testCase.addAbsent();
  }
  if (random.chance(0.3)) testCase.addInput(y, numbers(random, y));
  testCase.addOutput(y);
  finish(testCase, random, transposeA, transposeB);
  return testCase;
}

}  // namespace gdws::test
