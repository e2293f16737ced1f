#pragma once

#include <cmath>
#include <cstdint>

namespace gdws {

/// round half to even, limited: float limits least..most, which are whole numbers; NaN gives `least`.
inline int32_t roundWithin(float x, float least, float most) {
  x = x > least ? x : least;
  x = x < most ? x : most;
  return static_cast<int32_t>(std::nearbyintf(x));
}

}  // namespace gdws
