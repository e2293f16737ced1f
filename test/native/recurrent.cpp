#include <cmath>

#include "kernels/unary/function.h"
#include "native/generators.h"

namespace gdws::test {

namespace {

/// A function of cells: mostly one that keeps states small.
UnaryCall randomFunction(Random& random, bool bounded) {
  using enum UnaryFunction;
  const UnaryFunction function = bounded
                                     ? random.choose({sigmoid, tanh, softsign, hardSigmoid, scaledTanh})
                                     : random.choose({relu, linear, leakyRelu, thresholdedRelu, elu, softplus, sin});
  return {function, 0.1f + 0.5f * std::fabs(random.number()), 0.5f * random.number()};
}

std::vector<float> scaled(Random& random, const Dims& dims, float scale) {
  std::vector<float> data = numbers(random, dims);
  for (float& x : data) x *= scale;
  return data;
}

}  // namespace

TestCase randomRecurrent(Random& random) {
  const auto cell = random.choose({RecurrentCell::rnn, RecurrentCell::gru, RecurrentCell::lstm});
  const bool isLstm = cell == RecurrentCell::lstm;
  const int64_t gates = isLstm ? 4 : cell == RecurrentCell::gru ? 3 : 1;
  const bool bounded = random.chance(0.7);
  const int64_t steps = random.integer(0, bounded ? 9 : 3);
  const int64_t batch = random.chance(0.4) ? 1 : random.integer(1, random.choose<int64_t>({3, 8, 40}));
  const int64_t hidden = random.integer(1, random.choose<int64_t>({3, 20, 80, 200}));
  const bool linearBeforeReset = random.chance(0.5);

  TestCase testCase(Opcode::recurrent);
  const auto addOptional = [&](bool allowed, const Dims& dims) {
    if (allowed && random.chance(0.5)) {
      testCase.addInput(dims, numbers(random, dims));
    } else {
      testCase.addAbsent();
    }
  };
  const Dims x{steps, batch, gates * hidden}, r{gates * hidden, hidden}, state{batch, hidden};
  testCase.addInput(x, scaled(random, x, 2));
  const float scale = 1.5f / std::sqrt(static_cast<float>(hidden));
  if (random.chance(0.7)) {
    testCase.addConstant(r, scaled(random, r, scale));
  } else {
    testCase.addInput(r, scaled(random, r, scale));
  }
  addOptional(cell == RecurrentCell::gru && linearBeforeReset, {hidden});
  if (random.chance(0.4)) {
    std::vector<int32_t> lengths(static_cast<size_t>(batch));
    // Some end before they begin or go beyond the end.
    for (int32_t& length : lengths) length = static_cast<int32_t>(random.integer(-1, steps + 1));
    testCase.add(Storage::input, DataType::int32, {batch}, lengths);
  } else {
    testCase.addAbsent();
  }
  addOptional(true, state);
  addOptional(isLstm, state);
  addOptional(isLstm, {3 * hidden});
  testCase.addOutput({steps, batch, hidden});
  testCase.addOutput(state);
  if (isLstm) testCase.addOutput(state);

  const UnaryCall f = randomFunction(random, bounded), g = randomFunction(random, bounded),
                  h = randomFunction(random, bounded);
  testCase.set(RecurrentAttributes{.cell = cell,
                                   .reverse = random.chance(0.4),
                                   .linearBeforeReset = linearBeforeReset,
                                   .inputForget = random.chance(0.2),
                                   .f = f.function,
                                   .g = g.function,
                                   .h = h.function,
                                   .clip = random.chance(0.3) ? 0.3f + std::fabs(random.number()) : 0.0f,
                                   .fA = f.a,
                                   .fB = f.b,
                                   .gA = g.a,
                                   .gB = g.b,
                                   .hA = h.a,
                                   .hB = h.b});
  testCase.tolerance = {1e-4, 2e-5};
  return testCase;
}

}  // namespace gdws::test
