#pragma once

#include <cstdint>
#include <vector>

namespace gdws {

/// The regression of one group of a convolution. N = channels·taps.
struct StagesProblem {
  int64_t channels;
  int64_t taps;
  int64_t outputs;
  /// (N, N): E[x xᵀ] of the patches x that the GDWS convolution reads.
  const double* patchMoments;
  /// (outputs, N): E[y xᵀ], y being what the convolution should give.
  const double* crossMoments;
  /// (outputs, outputs): H, the weights of the errors of the outputs; the identity if null.
  const double* fisher;
  /// Added to E[x xᵀ]'s diagonal, as a share of its mean.
  double ridge;
};

/// A depthwise and a pointwise stage of one group, with G = Σ counts.
struct FittedStages {
  /// (channels)
  std::vector<int32_t> counts;
  /// (G, taps), those of channel 0 first; each of unit length, or 0 where the patches have no energy for it.
  std::vector<double> kernels;
  /// (outputs, G)
  std::vector<double> pointwise;
};

/// Fits both stages to minimise E‖y - P D x‖²_H with G kernels, each step in closed form. `sweeps` times, channel after
/// channel: the reduced-rank regression (Izenman, 1975) of what the other channels leave of y on the channel's own
/// patches, with as many components as the channel has kernels; between two sweeps the kernels are divided
/// among the channels again, by the gains of all components. Then P is the least-squares map for all kernels together.
/// With no sweeps the kernels stay as they are. Results do not depend on `threads`.
///
/// `stages` holds the counts and kernels to begin with. Throws MatrixError where a matrix is not finite, not symmetric
/// or clearly indefinite; std::bad_alloc.
void fitStages(const StagesProblem& problem, int sweeps, int threads, FittedStages& stages);

}  // namespace gdws
