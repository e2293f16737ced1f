#pragma once

#include "linalg/layer_weights.h"

namespace gdws {

/// The singular value decompositions of A_c = H^½ W_c Σ_c^½ for every input channel c. Depthwise kernels chosen by them
/// have the least error of the layer's output on real inputs.
///
/// `patchMoments` (C, taps, taps): Σ_c, the second moments of the channel's patches. `fisher` (groups, M / groups,
/// M / groups): H of a group's outputs; null stands for the identity. `singularValues` receives (C, rank) values, in
/// descending order; `kernels` (C, rank, taps): v_iᵀ Σ_c^{-½} scaled to unit length, with the sign rule of sign.h.
/// Where a singular value is 0, its kernel is all zeros.
///
/// Σ_c^{-½} is a pseudo-inverse: eigenvalues below 1e-9 of the largest count as 0. Singular values are computed from
/// A_cᵀA_c, without a factor of H; those below its rounding error (about 1e-7 of the largest) are written as 0.
/// Results do not depend on `threads`. Weights must be finite.
///
/// Throws MatrixError where a matrix is not symmetric, not finite or clearly indefinite; std::bad_alloc.
void decomposeWhitened(const LayerWeights& weights, const double* patchMoments, const double* fisher, int threads,
                       double* singularValues, double* kernels);

}  // namespace gdws
