#pragma once

#include <cmath>
#include <cstdint>

namespace gdws {

/// Round half to even, limited to least..most, which are whole numbers; NaN gives `least`.
inline int32_t roundWithin(float x, float least, float most) {
  x = x > least ? x : least;
  x = x < most ? x : most;
  return static_cast<int32_t>(std::nearbyintf(x));
}

}  // namespace gdws
