#pragma once

#include <cstdint>

#include "kernels/vector/integer_functions.h"

namespace gdws {

/// The fastest way of rounding that gives all sums of a size up to `largestSum`, times a scale, the same numbers as
/// `roundWithin` with the limits `least` and `most`, which are to be those of a type of bytes, less the zero point.
struct SingleRounding {
  IntegerDepthwiseTask::Rounding how;
  float scale;  ///< what sums are to be multiplied by: another float than the one given, if need be

  static SingleRounding of(int64_t largestSum, float scale, float least, float most);
};

}  // namespace gdws
