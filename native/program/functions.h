// Made from src/program/schema.ts by `npm run generate:program`.
// The instruction sets' units include it: no header of the standard C++ library may be included here.
#pragma once

#include <stdint.h>

namespace gdws {

/// The last function of an operation, applied to its result, with parameters a and b.
enum class Activation : int32_t {
  none,
  /// max(x, 0)
  relu,
  /// min(max(x, a), b)
  clip,
  /// x < 0 ? a·x : x
  leakyRelu,
  /// a·x·max(0, min(1, x / 6 + 1 / 2)) + b
  hardSwish,
};

inline constexpr int32_t activationCount = 5;

#define GDWS_ACTIVATIONS(X) \
  X(none)                   \
  X(relu)                   \
  X(clip)                   \
  X(leakyRelu)              \
  X(hardSwish)

/// Functions of one float, with parameters a and b where named. Those of integers are relu, abs, neg and sign.
enum class UnaryFunction : int32_t {
  relu,
  /// min(max(x, a), b)
  clip,
  /// x < 0 ? a·x : x
  leakyRelu,
  /// x < 0 ? a·(exp(x) - 1) : x
  elu,
  /// b·(x > 0 ? x : a·(exp(x) - 1))
  selu,
  /// max(0, x) + min(0, a·(exp(x / a) - 1))
  celu,
  sigmoid,
  /// max(0, min(1, a·x + b))
  hardSigmoid,
  /// a·x·max(0, min(1, x / 6 + 1 / 2)) + b
  hardSwish,
  /// x·sigmoid(a·x)
  silu,
  /// x·tanh(softplus(x))
  mish,
  /// x / 2·(1 + erf(x / sqrt(2)))
  gelu,
  geluTanh,
  tanh,
  softplus,
  softsign,
  /// x > a ? x : 0
  thresholdedRelu,
  /// x < -a ? x + b : x > a ? x - b : 0
  shrink,
  exp,
  log,
  sqrt,
  reciprocal,
  abs,
  neg,
  sign,
  floor,
  ceil,
  /// half to even
  round,
  erf,
  sin,
  cos,
  tan,
  atan,
  /// a·x + b
  linear,
  asin,
  acos,
  sinh,
  cosh,
  asinh,
  acosh,
  atanh,
  /// a·tanh(b·x)
  scaledTanh,
};

inline constexpr int32_t unaryFunctionCount = 42;

#define GDWS_UNARY_FUNCTIONS(X) \
  X(relu)                       \
  X(clip)                       \
  X(leakyRelu)                  \
  X(elu)                        \
  X(selu)                       \
  X(celu)                       \
  X(sigmoid)                    \
  X(hardSigmoid)                \
  X(hardSwish)                  \
  X(silu)                       \
  X(mish)                       \
  X(gelu)                       \
  X(geluTanh)                   \
  X(tanh)                       \
  X(softplus)                   \
  X(softsign)                   \
  X(thresholdedRelu)            \
  X(shrink)                     \
  X(exp)                        \
  X(log)                        \
  X(sqrt)                       \
  X(reciprocal)                 \
  X(abs)                        \
  X(neg)                        \
  X(sign)                       \
  X(floor)                      \
  X(ceil)                       \
  X(round)                      \
  X(erf)                        \
  X(sin)                        \
  X(cos)                        \
  X(tan)                        \
  X(atan)                       \
  X(linear)                     \
  X(asin)                       \
  X(acos)                       \
  X(sinh)                       \
  X(cosh)                       \
  X(asinh)                      \
  X(acosh)                      \
  X(atanh)                      \
  X(scaledTanh)

/// Functions of two floats. Those of integers are all but pow, prelu and reluGradient.
enum class BinaryFunction : int32_t {
  add,
  sub,
  mul,
  div,
  pow,
  min,
  max,
  /// x < 0 ? b·x : x
  prelu,
  /// fmod
  mod,
  /// b > 0 ? a : 0
  reluGradient,
  /// the remainder that has the sign of b
  floorMod,
};

inline constexpr int32_t binaryFunctionCount = 11;

#define GDWS_BINARY_FUNCTIONS(X) \
  X(add)                         \
  X(sub)                         \
  X(mul)                         \
  X(div)                         \
  X(pow)                         \
  X(min)                         \
  X(max)                         \
  X(prelu)                       \
  X(mod)                         \
  X(reluGradient)                \
  X(floorMod)

/// Functions of many floats. Those of integers are sum, mean, max, min, prod, l1 and sumSquare.
enum class ReduceFunction : int32_t {
  sum,
  mean,
  max,
  min,
  prod,
  l1,
  l2,
  sumSquare,
  logSum,
  logSumExp,
};

inline constexpr int32_t reduceFunctionCount = 10;

#define GDWS_REDUCE_FUNCTIONS(X) \
  X(sum)                         \
  X(mean)                        \
  X(max)                         \
  X(min)                         \
  X(prod)                        \
  X(l1)                          \
  X(l2)                          \
  X(sumSquare)                   \
  X(logSum)                      \
  X(logSumExp)

/// Comparisons of two numbers.
enum class CompareFunction : int32_t {
  equal,
  less,
  lessOrEqual,
  greater,
  greaterOrEqual,
};

inline constexpr int32_t compareFunctionCount = 5;

#define GDWS_COMPARE_FUNCTIONS(X) \
  X(equal)                        \
  X(less)                         \
  X(lessOrEqual)                  \
  X(greater)                      \
  X(greaterOrEqual)

/// How the value of a point between pixels is computed.
enum class Interpolation : int32_t {
  nearest,
  linear,
  cubic,
};

inline constexpr int32_t interpolationCount = 3;

#define GDWS_INTERPOLATIONS(X) \
  X(nearest)                   \
  X(linear)                    \
  X(cubic)

/// The values outside of a map.
enum class OutsideMap : int32_t {
  zeros,
  border,
  reflection,
};

inline constexpr int32_t outsideMapCount = 3;

#define GDWS_OUTSIDE_MAPS(X) \
  X(zeros)                   \
  X(border)                  \
  X(reflection)

/// How an update changes the element that it is scattered to.
enum class ScatterUpdate : int32_t {
  replace,
  add,
  mul,
  max,
  min,
};

inline constexpr int32_t scatterUpdateCount = 5;

#define GDWS_SCATTER_UPDATES(X) \
  X(replace)                    \
  X(add)                        \
  X(mul)                        \
  X(max)                        \
  X(min)

/// How a bin of a region is computed from its samples.
enum class BinPooling : int32_t {
  mean,
  largest,
};

inline constexpr int32_t binPoolingCount = 2;

#define GDWS_BIN_POOLINGS(X) \
  X(mean)                    \
  X(largest)

/// Functions of two bytes a and b, less their zero points.
enum class IntegerBinaryFunction : int32_t {
  /// a·aScale + b·bScale
  add,
  /// a·b·aScale
  mul,
};

inline constexpr int32_t integerBinaryFunctionCount = 2;

#define GDWS_INTEGER_BINARY_FUNCTIONS(X) \
  X(add)                                 \
  X(mul)

/// Which element an arg reduction looks for.
enum class Extreme : int32_t {
  max,
  min,
};

inline constexpr int32_t extremeCount = 2;

#define GDWS_EXTREMES(X) \
  X(max)                 \
  X(min)

/// Cells of recurrent networks, each with its gates in the order of ONNX: those of gru update, reset and hidden, those
/// of lstm input, output, forget and cell.
enum class RecurrentCell : int32_t {
  rnn,
  gru,
  lstm,
};

inline constexpr int32_t recurrentCellCount = 3;

#define GDWS_RECURRENT_CELLS(X) \
  X(rnn)                        \
  X(gru)                        \
  X(lstm)

}  // namespace gdws
