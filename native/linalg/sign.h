#pragma once

#include "linalg/eigen.h"

namespace gdws {

/// 1 or -1, by which a singular vector is multiplied before it is returned, so that its first entry of (nearly) the
/// largest size is positive.
inline double signOf(const Eigen::Ref<const Eigen::VectorXd>& vector) {
  // Entries this close to the largest count as equal to it, so that rounding does not decide.
  constexpr double nearlyLargest = 1 - 1e-9;
  const double limit = vector.cwiseAbs().maxCoeff() * nearlyLargest;
  for (Eigen::Index i = 0; i < vector.size(); ++i) {
    if (std::abs(vector[i]) >= limit) return vector[i] < 0 ? -1 : 1;
  }
  return 1;
}

}  // namespace gdws
