#pragma once

#include <cstdint>
#include <vector>

namespace gdws {

/// Weights of a layer to be fitted to moments, and rounded to 8 bits.
struct RoundingProblem {
  int64_t features;
  int64_t outputs;
  /// λ, as a share of the mean of the positive entries of the Gram matrix's diagonal; above 0.
  double ridge;
  /// Whether the weights are fitted before they are rounded.
  bool fits;
  /// Whether the weights of an output are rounded one after the other, each making up for the errors of those before;
  /// else each to the nearest.
  bool isSequential;
};

/// Weights q·scale with q from -127 to 127.
struct RoundedWeights {
  std::vector<int8_t> numbers;  ///< (outputs × features)
  std::vector<float> scales;    ///< one an output
};

/// Weights of 8 bits that regress outputs y on features f as well as they can.
///
/// `gram` (features × features): G = E[f fᵀ], symmetric and positive semidefinite; overwritten. `cross` (outputs ×
/// features): C = E[y fᵀ]. `weights` (outputs × features): P₀; what they become before rounding replaces them: where
/// `fits`, the P that minimises E‖y - P f‖² + λ‖P - P₀‖², else P₀. λ grows as that of leastSquares.
///
/// Scales are chosen for each output among shares of its largest weight, by the squared errors that weights rounded to
/// the nearest would make, weighted by G's diagonal. In sequence, weight j becomes the number that is next to the
/// minimum of ‖(p - q) L‖², G + λI = L Lᵀ, given those from j + 1 on: Babai's nearest plane, which OPTQ (Frantar et
/// al., ICLR 2023, arXiv 2210.17323) is in another order. Results do not depend on `threads`.
///
/// Throws MatrixError where a matrix is not finite, not symmetric or clearly indefinite; std::bad_alloc.
void roundWeights(const RoundingProblem& problem, double* gram, const double* cross, double* weights,
                  RoundedWeights& rounded, int threads);

}  // namespace gdws
