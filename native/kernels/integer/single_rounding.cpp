#include "kernels/integer/single_rounding.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/integer/rounding.h"

namespace gdws {

namespace {

using Rounding = IntegerDepthwiseTask::Rounding;

/// Whether sums times `once`, rounded to a whole number at once, are the numbers that sums times `scale`, rounded to a
/// float before, are. They may differ next to the middle between two numbers only.
bool areAlike(float scale, float once, int64_t largestSum, float least, float most) {
  constexpr float wholeNumbers = 0x1.8p23f;
  // A product of up to 256 is further from a middle than both roundings and another scale move it.
  constexpr double doubtful = 0x1p-12;
  for (float number = least; number < most; ++number) {
    const double middle = (number + 0.5) / scale, sum = std::nearbyint(middle);
    if (std::fabs(sum - middle) * scale > doubtful || std::fabs(sum) > static_cast<double>(largestSum)) continue;
    const auto x = static_cast<float>(sum);
    const float rounded = std::fma(x, once, wholeNumbers) - wholeNumbers;
    if (roundWithin(x * scale, least, most) != static_cast<int32_t>(std::clamp(rounded, least, most))) return false;
  }
  return true;
}

}  // namespace

SingleRounding SingleRounding::of(int64_t largestSum, float scale, float least, float most) {
  // Sums are whole floats, numbers fit an int16 with a zero point, and a step of the sum is more than what is doubtful.
  constexpr int64_t wholeFloats = int64_t{1} << 24, wholeBits = int64_t{1} << 22;
  constexpr double halfwords = 32000, leastScale = 0x1p-11;
  const SingleRounding any{Rounding::any, scale};
  if (!(scale >= leastScale && scale <= 1) || largestSum > wholeFloats ||
      static_cast<double>(largestSum) * scale > halfwords) {
    return any;
  }
  int exponent = 0;
  constexpr float mantissaOfPowers = 0.5f;
  if (largestSum < wholeBits && std::frexp(scale, &exponent) == mantissaOfPowers) return {Rounding::powerOfTwo, scale};
  // Where two roundings make another number than one, a scale next to it makes the same.
  float above = scale, below = scale;
  constexpr int trials = 8;
  for (int i = 0; i < trials; ++i) {
    for (const float once : {above, below}) {
      if (areAlike(scale, once, largestSum, least, most)) return {Rounding::once, once};
    }
    above = std::nextafter(above, std::numeric_limits<float>::infinity());
    below = std::nextafter(below, 0.0f);
  }
  return any;
}

}  // namespace gdws
