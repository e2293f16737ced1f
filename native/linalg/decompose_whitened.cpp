#include "linalg/decompose_whitened.h"

#include <cmath>
#include <limits>

#include "linalg/eigen.h"
#include "linalg/parallel.h"
#include "linalg/semidefinite.h"
#include "linalg/sign.h"

namespace gdws {

namespace {

using Eigen::Map;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using EigenSolver = Eigen::SelfAdjointEigenSolver<MatrixXd>;

/// Patch energy in a direction, relative to the strongest one, that counts as 0: whitened kernels would exceed what
/// single precision can hold.
constexpr double negligible = 1e-9;

/// Columns of H·W that are computed at once: enough for a fast product, few enough to stay in the cache.
constexpr int64_t columnsAtOnce = 128;

/// Eigenvalues, ascending, and eigenvectors. Throws MatrixError where an eigenvalue is clearly negative.
void decomposeSymmetric(EigenSolver& solver, const MatrixXd& matrix, const MatrixName& name) {
  solver.compute(matrix);
  if (solver.info() != Eigen::Success) throw MatrixError(name, "has eigenvalues that were not found");
  const auto& values = solver.eigenvalues();
  const double largest = std::max(values[values.size() - 1], -values[0]);
  if (values[0] < -clearlyNegative * largest) throw MatrixError(name, "is not positive semidefinite");
}

/// Some channels of one group, which are computed by one thread.
class WhitenedChannels {
 public:
  WhitenedChannels(const LayerWeights& weights, const double* patchMoments, const double* fisher, int64_t begin,
                   int64_t end)
      : weights_(weights), patchMoments_(patchMoments), fisher_(fisher), begin_(begin), end_(end) {}

  void run(double* singularValues, double* kernels) {
    const int64_t rows = weights_.rows();
    const int64_t taps = weights_.taps;
    MatrixXd blocks(rows, (end_ - begin_) * taps);
    for (int64_t channel = begin_; channel < end_; ++channel) {
      for (int64_t row = 0; row < rows; ++row) {
        const float* source = weights_.row(channel, row);
        for (int64_t tap = 0; tap < taps; ++tap) blocks(row, (channel - begin_) * taps + tap) = source[tap];
      }
    }
    MatrixXd informed;
    if (fisher_ != nullptr) {
      informed.noalias() = Map<const MatrixXd>(fisher_ + group() * rows * rows, rows, rows) * blocks;
    }
    for (int64_t channel = begin_; channel < end_; ++channel) {
      const auto block = blocks.middleCols((channel - begin_) * taps, taps);
      gram_.noalias() =
          block.transpose() * (fisher_ == nullptr ? blocks : informed).middleCols((channel - begin_) * taps, taps);
      decomposeChannel(channel, singularValues + channel * weights_.rank(), kernels + channel * weights_.rank() * taps);
    }
  }

 private:
  int64_t group() const { return begin_ / weights_.channelsPerGroup(); }

  /// gram_ is W_cᵀ H W_c.
  void decomposeChannel(int64_t channel, double* singularValues, double* kernels) {
    const int64_t taps = weights_.taps;
    const int64_t rank = weights_.rank();
    std::fill_n(singularValues, rank, 0.0);
    std::fill_n(kernels, rank * taps, 0.0);

    const double* moments = patchMoments_ + channel * taps * taps;
    const MatrixName name{"the patch moment", "channel", channel};
    checkSecondMoment(moments, taps, name);
    decomposeSymmetric(patches_, Map<const MatrixXd>(moments, taps, taps), name);
    const auto& energies = patches_.eigenvalues();
    int64_t dead = 0;
    while (dead < taps && energies[dead] <= negligible * energies[taps - 1]) ++dead;
    if (dead == taps) return;

    // With Σ = E Λ Eᵀ the vectors v are E v': those of Λ^½ Eᵀ (W_cᵀ H W_c) E Λ^½, in the directions that have energy.
    const int64_t alive = taps - dead;
    const VectorXd roots = energies.tail(alive).cwiseSqrt();
    const auto directions = patches_.eigenvectors().rightCols(alive);
    const MatrixXd whitener = directions * roots.asDiagonal();
    whitened_.noalias() = whitener.transpose() * gram_.selfadjointView<Eigen::Lower>() * whitener;
    const MatrixName product{"the product of weights, patch moment and Fisher information", "channel", channel};
    if (!whitened_.allFinite()) throw MatrixError(product, "is too large");
    decomposeSymmetric(components_, whitened_, product);

    const auto& squares = components_.eigenvalues();
    const double rounding =
        squares[alive - 1] * std::numeric_limits<double>::epsilon() * std::max(weights_.rows(), taps);
    for (int64_t i = 0; i < std::min(rank, alive) && squares[alive - 1 - i] > rounding; ++i) {
      singularValues[i] = std::sqrt(squares[alive - 1 - i]);
      VectorXd kernel = directions * components_.eigenvectors().col(alive - 1 - i).cwiseQuotient(roots);
      kernel.normalize();
      Map<VectorXd>(kernels + i * taps, taps) = kernel * signOf(kernel);
    }
  }

  const LayerWeights& weights_;
  const double* patchMoments_;
  const double* fisher_;
  int64_t begin_;
  int64_t end_;
  MatrixXd gram_;
  MatrixXd whitened_;
  EigenSolver patches_;
  EigenSolver components_;
};

}  // namespace

void decomposeWhitened(const LayerWeights& weights, const double* patchMoments, const double* fisher, int threads,
                       double* singularValues, double* kernels) {
  if (fisher != nullptr) {
    forEachInParallel(weights.groups, threads, [&](int64_t group) {
      checkSecondMoment(fisher + group * weights.rows() * weights.rows(), weights.rows(),
                        {"the Fisher information", "group", group});
    });
  }
  // The same parts for any number of threads, so that every product is summed in the same order.
  const int64_t perGroup = weights.channelsPerGroup();
  const int64_t perPart = std::min(perGroup, std::max<int64_t>(columnsAtOnce / weights.taps, 1));
  const int64_t partsPerGroup = (perGroup + perPart - 1) / perPart;
  forEachInParallel(weights.groups * partsPerGroup, threads, [&](int64_t part) {
    const int64_t firstOfGroup = part / partsPerGroup * perGroup;
    const int64_t begin = part % partsPerGroup * perPart;
    const int64_t end = std::min(begin + perPart, perGroup);
    WhitenedChannels(weights, patchMoments, fisher, firstOfGroup + begin, firstOfGroup + end)
        .run(singularValues, kernels);
  });
}

}  // namespace gdws
