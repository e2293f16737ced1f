#pragma once

#include "linalg/eigen.h"
#include "linalg/matrix_error.h"

namespace gdws {

/// Factorises G + λI = L Lᵀ in the lower triangle of G, symmetric and positive semidefinite. λ is `ridge` times the
/// mean of the positive entries of G's diagonal; where the sum is not positive definite beyond rounding, the ridge
/// grows tenfold until it is: from 1e-12, to 1e-2 at most. Features that are always 0, those whose entry of the
/// diagonal is not positive, get the rows and columns of the identity. Returns λ; 0 where all features are always 0.
/// Results do not depend on `threads`.
///
/// Throws MatrixError where G is not finite, not symmetric or clearly indefinite; std::bad_alloc.
double factorizeRegularized(Eigen::Map<Eigen::MatrixXd>& gram, double ridge, int threads);

}  // namespace gdws
