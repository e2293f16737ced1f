#pragma once

#include "linalg/layer_weights.h"

namespace gdws {

/// The pointwise weights that go with chosen depthwise kernels: for kernel v of channel c the column W_c v, the best
/// where the kernels of a channel are orthonormal. It equals σ u of the singular value decomposition, and unlike
/// that does not lose accuracy where σ is tiny.
///
/// `kernels` is (G, taps), the kernels of channel 0 first; `counts` holds the number of each channel (their sum is G,
/// and all groups have the same number). `pointwise` receives (M, G / groups) row-major, the weights of the 1×1
/// convolution, and `errors` ‖W_c - Q_c‖² of every channel, Q_c being the block that the rounded weights make. Each
/// channel is computed by one thread, so that results do not depend on `threads`.
void pointwiseWeights(const LayerWeights& weights, const int32_t* counts, const float* kernels, int threads,
                      float* pointwise, double* errors);

}  // namespace gdws
