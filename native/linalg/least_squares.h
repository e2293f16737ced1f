#pragma once

#include <cstdint>

namespace gdws {

/// The weights P (outputs × features) that minimise tr(P G Pᵀ) - 2 tr(P Cᵀ) + λ‖P‖², P = C (G + λI)^{-1}, which regress
/// outputs on features of which G = E[f fᵀ] and C = E[y fᵀ] are known.
///
/// `gram` (features × features): G, symmetric and positive semidefinite; its lower triangle is overwritten. `cross`
/// (outputs × features): C, which P replaces. λ is `ridge` times the mean of the positive entries of G's diagonal.
/// Where G + λI is not positive definite beyond rounding, the ridge grows tenfold until it is: from 1e-12, to 1e-2 at
/// most. Features that are always 0, those whose entry of the diagonal is not positive, have weight 0. Results do not
/// depend on `threads`.
///
/// Throws MatrixError where a matrix is not finite, not symmetric or clearly indefinite; std::bad_alloc.
void leastSquares(double* gram, double* cross, int64_t features, int64_t outputs, double ridge, int threads);

}  // namespace gdws
