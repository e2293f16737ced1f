#pragma once

#include <stdint.h>

namespace gdws {

/// Activations that an operation applies to its result, with parameters a and b.
#define GDWS_ACTIVATIONS(X)            \
  X(none)                              \
  X(relu)      /* max(x, 0) */         \
  X(clip)      /* min(max(x, a), b) */ \
  X(leakyRelu) /* x < 0 ? a·x : x */

enum class Activation : int32_t {
#define GDWS_MEMBER(name) name,
  GDWS_ACTIVATIONS(GDWS_MEMBER)
#undef GDWS_MEMBER
};

inline constexpr int32_t activationCount = 4;

}  // namespace gdws
