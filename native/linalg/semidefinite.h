#pragma once

#include <cstdint>

#include "linalg/matrix_error.h"

namespace gdws {

/// Sums in single precision leave eigenvalues below zero that are rounding; those below -clearlyNegative times the
/// largest are not.
inline constexpr double clearlyNegative = 1e-4;

/// Refuses what cannot be a second moment (n × n, symmetric, positive semidefinite): entries that are not finite,
/// clearly unsymmetric ones, and 2×2 minors that are clearly negative. In O(n²): a matrix that passes may have negative
/// eigenvalues still. Throws MatrixError.
void checkSecondMoment(const double* matrix, int64_t n, const MatrixName& name);

}  // namespace gdws
