#pragma once

#include <stdint.h>

namespace gdws {

/// Functions of one float, with parameters a and b where named. ONNX operator of the same name unless said. Those of
/// integers are relu, abs, neg and sign (kernels/integers.h).
#define GDWS_UNARY_FUNCTIONS(X)                               \
  X(relu)                                                     \
  X(clip)      /* min(max(x, a), b) */                        \
  X(leakyRelu) /* x < 0 ? a·x : x */                         \
  X(elu)       /* x < 0 ? a·(exp(x) - 1) : x */              \
  X(selu)      /* b·(x > 0 ? x : a·(exp(x) - 1)) */         \
  X(celu)      /* max(0, x) + min(0, a·(exp(x / a) - 1)) */  \
  X(sigmoid)                                                  \
  X(hardSigmoid) /* max(0, min(1, a·x + b)) */               \
  X(hardSwish)   /* x·max(0, min(1, x / 6 + 1 / 2)) */       \
  X(silu)        /* x·sigmoid(a·x) */                       \
  X(mish)        /* x·tanh(softplus(x)) */                   \
  X(gelu)        /* x / 2·(1 + erf(x / sqrt(2))) */          \
  X(geluTanh)                                                 \
  X(tanh)                                                     \
  X(softplus)                                                 \
  X(softsign)                                                 \
  X(thresholdedRelu) /* x > a ? x : 0 */                      \
  X(shrink)          /* x < -a ? x + b : x > a ? x - b : 0 */ \
  X(exp)                                                      \
  X(log)                                                      \
  X(sqrt)                                                     \
  X(reciprocal)                                               \
  X(abs)                                                      \
  X(neg)                                                      \
  X(sign)                                                     \
  X(floor)                                                    \
  X(ceil)                                                     \
  X(round) /* half to even */                                 \
  X(erf)                                                      \
  X(sin)                                                      \
  X(cos)                                                      \
  X(tan)                                                      \
  X(atan)                                                     \
  X(linear) /* a·x + b */                                    \
  X(asin)                                                     \
  X(acos)                                                     \
  X(sinh)                                                     \
  X(cosh)                                                     \
  X(asinh)                                                    \
  X(acosh)                                                    \
  X(atanh)

enum class UnaryFunction : int32_t {
#define GDWS_MEMBER(name) name,
  GDWS_UNARY_FUNCTIONS(GDWS_MEMBER)
#undef GDWS_MEMBER
};

/// Functions of two floats. Those of integers are all but pow, prelu and reluGradient (kernels/integers.h).
#define GDWS_BINARY_FUNCTIONS(X)         \
  X(add)                                 \
  X(sub)                                 \
  X(mul)                                 \
  X(div)                                 \
  X(pow)                                 \
  X(min)                                 \
  X(max)                                 \
  X(prelu)        /* x < 0 ? b·x : x */ \
  X(mod)          /* fmod */             \
  X(reluGradient) /* b > 0 ? a : 0 */    \
  X(floorMod)     /* the remainder that has the sign of b */

enum class BinaryFunction : int32_t {
#define GDWS_MEMBER(name) name,
  GDWS_BINARY_FUNCTIONS(GDWS_MEMBER)
#undef GDWS_MEMBER
};

/// Those of integers are sum, mean, max, min, prod, l1 and sumSquare (kernels/integers.h).
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

enum class ReduceFunction : int32_t {
#define GDWS_MEMBER(name) name,
  GDWS_REDUCE_FUNCTIONS(GDWS_MEMBER)
#undef GDWS_MEMBER
};

/// Comparisons of two floats.
#define GDWS_COMPARE_FUNCTIONS(X) X(equal) X(less) X(lessOrEqual) X(greater) X(greaterOrEqual)

enum class CompareFunction : int32_t {
#define GDWS_MEMBER(name) name,
  GDWS_COMPARE_FUNCTIONS(GDWS_MEMBER)
#undef GDWS_MEMBER
};

#define GDWS_COUNT_MEMBER(name) +1
inline constexpr int32_t unaryFunctionCount = 0 GDWS_UNARY_FUNCTIONS(GDWS_COUNT_MEMBER);
inline constexpr int32_t binaryFunctionCount = 0 GDWS_BINARY_FUNCTIONS(GDWS_COUNT_MEMBER);
inline constexpr int32_t reduceFunctionCount = 0 GDWS_REDUCE_FUNCTIONS(GDWS_COUNT_MEMBER);
inline constexpr int32_t compareFunctionCount = 0 GDWS_COMPARE_FUNCTIONS(GDWS_COUNT_MEMBER);
#undef GDWS_COUNT_MEMBER

}  // namespace gdws
