#pragma once

#include <cstdint>

#include "linalg/matrix_error.h"

namespace gdws {

/// Rounding of sums in single precision makes some eigenvalues negative, but none below -clearlyNegative times the
/// largest.
inline constexpr double clearlyNegative = 1e-4;

/// Refuses a matrix that cannot be a second moment (n × n, symmetric, positive semidefinite): entries that are not
/// finite, clearly unsymmetric ones, and 2×2 minors that are clearly negative. In O(n²): a matrix that passes may have
/// negative eigenvalues all the same. Throws MatrixError.
void checkSecondMoment(const double* matrix, int64_t n, const MatrixName& name);

}  // namespace gdws
