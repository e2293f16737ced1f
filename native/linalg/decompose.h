#pragma once

#include "linalg/layer_weights.h"

namespace gdws {

/// The singular values and right singular vectors of every block W_c of a layer, in descending order.
///
/// `singularValues` receives (C, rank) values, `rightVectors` (C, rank, taps): orthonormal rows. Values below the
/// rounding error of the decomposition are written as 0. The sign of a vector is such that its first entry of (nearly)
/// the largest size is positive. Each channel is decomposed by one thread, so that results do not depend on `threads`.
///
/// Left singular vectors are not computed: the pointwise weights of kernel v are W_c v, see pointwise.h.
/// Weights must be finite. Throws std::bad_alloc.
void decompose(const LayerWeights& weights, int threads, double* singularValues, double* rightVectors);

/// Index of the first weight that is NaN or infinite, or -1.
int64_t firstNonFinite(const LayerWeights& weights);

}  // namespace gdws
