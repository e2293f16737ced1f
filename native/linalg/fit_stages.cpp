#include "linalg/fit_stages.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "linalg/cholesky.h"
#include "linalg/eigen.h"
#include "linalg/least_squares.h"
#include "linalg/parallel.h"
#include "linalg/product.h"
#include "linalg/semidefinite.h"
#include "linalg/sign.h"

namespace gdws {

namespace {

using Eigen::Map;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using RowMajorMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using EigenSolver = Eigen::SelfAdjointEigenSolver<MatrixXd>;

/// Patch energy in a direction, relative to the strongest one, that counts as 0.
constexpr double negligible = 1e-9;

/// Share of H's mean diagonal that is added to it, so that outputs that no gradient reaches are fitted, too.
constexpr double fisherRidge = 1e-6;

/// Rows that one thread multiplies at once.
constexpr int64_t rowsAtOnce = 64;

/// Columns of the residual that are computed at once: enough for a fast product, few enough to stay in the cache while
/// one channel after the other changes them.
constexpr int64_t columnsAtOnce = 128;

class StagesFit {
 public:
  StagesFit(const StagesProblem& problem, int threads, FittedStages& stages)
      : problem_(problem),
        threads_(threads),
        stages_(stages),
        patches_(problem.channels * problem.taps),
        moments_(problem.patchMoments, patches_, patches_),
        added_(problem.ridge * moments_.diagonal().mean()) {}

  void fitPointwise() {
    const auto kernels = static_cast<int64_t>(owners().size());
    MatrixXd read(patches_, kernels);  // E[x xᵀ] Dᵀ
    RowMajorMatrix features(kernels, kernels);
    const std::vector<int64_t> owner = owners();
    forEachInParallel(kernels, threads_, [&](int64_t k) {
      read.col(k).noalias() = moments_.middleCols(owner[k] * taps(), taps()) * kernel(k);
      read.col(k).segment(owner[k] * taps(), taps()) += added_ * kernel(k);
    });
    forEachInParallel(kernels, threads_, [&](int64_t k) {
      for (int64_t other = 0; other < kernels; ++other) {
        features(other, k) = read.col(k).segment(owner[other] * taps(), taps()).dot(kernel(other));
      }
    });
    // The two orders of the products are rounded differently.
    features = (0.5 * (features + features.transpose())).eval();
    stages_.pointwise.resize(problem_.outputs * kernels);
    Map<RowMajorMatrix> pointwise(stages_.pointwise.data(), problem_.outputs, kernels);
    const Map<const RowMajorMatrix> cross(problem_.crossMoments, problem_.outputs, patches_);
    for (int64_t k = 0; k < kernels; ++k) {
      pointwise.col(k).noalias() = cross.middleCols(owner[k] * taps(), taps()) * kernel(k);
    }
    leastSquares(features.data(), stages_.pointwise.data(), kernels, problem_.outputs, 0, threads_);
  }

  void sweep(int sweeps) {
    factorizeFisher();
    decomposePatches();
    begin();
    const int64_t atOnce = std::max<int64_t>(1, columnsAtOnce / taps());
    for (int remaining = sweeps; remaining > 0; --remaining) {
      makeRoom();
      const std::vector<int64_t> order = byEnergy();
      for (int64_t first = 0; first < problem_.channels; first += atOnce) {
        const auto end = order.begin() + std::min(first + atOnce, problem_.channels);
        fitChannels({order.begin() + first, end});
      }
      if (remaining > 1) shareOut();
    }
    takeKernels();
  }

 private:
  int64_t taps() const { return problem_.taps; }

  Map<const VectorXd> kernel(int64_t k) const {
    return Map<const VectorXd>(stages_.kernels.data() + k * taps(), taps());
  }

  /// The channel of each kernel.
  std::vector<int64_t> owners() const {
    std::vector<int64_t> result;
    for (int64_t channel = 0; channel < problem_.channels; ++channel) {
      result.insert(result.end(), stages_.counts[channel], channel);
    }
    return result;
  }

  /// Lᵀ of H = L Lᵀ, with which outputs are multiplied: squared errors are then those of H.
  void factorizeFisher() {
    const int64_t outputs = problem_.outputs;
    weighted_ = Map<const RowMajorMatrix>(problem_.crossMoments, outputs, patches_);
    if (problem_.fisher == nullptr) return;
    checkSecondMoment(problem_.fisher, outputs, {"the Fisher information"});
    factor_ = Map<const MatrixXd>(problem_.fisher, outputs, outputs);
    const double mean = factor_.diagonal().mean();
    if (!(mean > 0)) {
      factor_.resize(0, 0);
      return;
    }
    for (double ridge = fisherRidge; ridge <= 1; ridge *= 10) {
      factor_ = Map<const MatrixXd>(problem_.fisher, outputs, outputs);
      factor_.diagonal().array() += ridge * mean;
      Map<MatrixXd> matrix(factor_.data(), outputs, outputs);
      if (!factorizeCholesky(matrix, threads_)) continue;
      factor_ = factor_.triangularView<Eigen::Lower>().transpose().toDenseMatrix();
      weighted_ = weight(weighted_);
      return;
    }
    throw MatrixError({"the Fisher information"}, "is not positive semidefinite");
  }

  /// Lᵀ·matrix.
  RowMajorMatrix weight(const RowMajorMatrix& matrix) const {
    if (factor_.size() == 0) return matrix;
    RowMajorMatrix result(matrix.rows(), matrix.cols());
    inRows([&](int64_t first, int64_t rows) {
      result.middleRows(first, rows).noalias() = factor_.middleRows(first, rows) * matrix;
    });
    return result;
  }

  /// Parts of the outputs, the same for any number of threads.
  template <typename Work>
  void inRows(const Work& work) const {
    const int64_t outputs = problem_.outputs;
    forEachInParallel((outputs + rowsAtOnce - 1) / rowsAtOnce, threads_, [&](int64_t part) {
      const int64_t first = part * rowsAtOnce;
      work(first, std::min(rowsAtOnce, outputs - first));
    });
  }

  /// E Λ^{-½} of each channel's own moment, in the directions that have energy.
  void decomposePatches() {
    whiteners_.resize(problem_.channels);
    forEachInParallel(problem_.channels, threads_, [&](int64_t channel) {
      EigenSolver solver(own(channel));
      const auto& energies = solver.eigenvalues();
      int64_t dead = 0;
      while (dead < taps() && energies[dead] <= negligible * energies[taps() - 1]) ++dead;
      const int64_t alive = energies[taps() - 1] > 0 ? taps() - dead : 0;
      whiteners_[channel] =
          solver.eigenvectors().rightCols(alive) * energies.tail(alive).cwiseSqrt().cwiseInverse().asDiagonal();
    });
  }

  /// The channel's own patch moment, with the ridge.
  MatrixXd own(int64_t channel) const {
    MatrixXd result = moments_.block(channel * taps(), channel * taps(), taps(), taps());
    result.diagonal().array() += added_;
    return result;
  }

  /// Lᵀ P and D of the stages to begin with.
  void begin() {
    fitPointwise();
    const auto kernels = static_cast<int64_t>(owners().size());
    pointwise_ = weight(Map<const RowMajorMatrix>(stages_.pointwise.data(), problem_.outputs, kernels));
    depthwise_ = Map<const RowMajorMatrix>(stages_.kernels.data(), kernels, taps());
    used_.assign(stages_.counts.begin(), stages_.counts.end());
    firsts_.assign(problem_.channels + 1, 0);
    std::partial_sum(used_.begin(), used_.end(), firsts_.begin() + 1);
    components_.resize(problem_.channels);
    worths_.assign(problem_.channels * taps(), 0);
  }

  /// Gives each channel as many columns of Lᵀ P and rows of D as its kernels need, before and after it is fitted.
  void makeRoom() {
    std::vector<int64_t> firsts(problem_.channels + 1, 0);
    for (int64_t channel = 0; channel < problem_.channels; ++channel) {
      firsts[channel + 1] = firsts[channel] + std::max(used_[channel], int64_t{stages_.counts[channel]});
    }
    MatrixXd pointwise = MatrixXd::Zero(problem_.outputs, firsts.back());
    RowMajorMatrix depthwise = RowMajorMatrix::Zero(firsts.back(), taps());
    for (int64_t channel = 0; channel < problem_.channels; ++channel) {
      const auto [from, to, count] = std::tuple(firsts_[channel], firsts[channel], used_[channel]);
      pointwise.middleCols(to, count) = pointwise_.middleCols(from, count);
      depthwise.middleRows(to, count) = depthwise_.middleRows(from, count);
    }
    pointwise_.swap(pointwise);
    depthwise_.swap(depthwise);
    firsts_.swap(firsts);
  }

  /// The channel's columns of Lᵀ P.
  auto pointwiseOf(int64_t channel) {
    return pointwise_.middleCols(firsts_[channel], firsts_[channel + 1] - firsts_[channel]);
  }

  /// The channel's rows of D.
  auto depthwiseOf(int64_t channel) {
    return depthwise_.middleRows(firsts_[channel], firsts_[channel + 1] - firsts_[channel]);
  }

  /// E[x zᵀ] of the patches x of one channel and z of another, without the ridge.
  auto between(int64_t one, int64_t other) const {
    return moments_.block(one * taps(), other * taps(), taps(), taps());
  }

  /// The channels, the one with the largest output first.
  std::vector<int64_t> byEnergy() {
    std::vector<double> energies(problem_.channels);
    forEachInParallel(problem_.channels, threads_, [&](int64_t channel) {
      const MatrixXd weights = pointwiseOf(channel).transpose() * pointwiseOf(channel);
      const MatrixXd features = depthwiseOf(channel) * own(channel) * depthwiseOf(channel).transpose();
      energies[channel] = weights.cwiseProduct(features).sum();
    });
    std::vector<int64_t> order(problem_.channels);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return energies[a] > energies[b]; });
    return order;
  }

  /// What the fit of a channel changes in Lᵀ P D E[x xᵀ]: the product of both.
  struct Change {
    MatrixXd pointwise;
    /// For the columns of the channels that follow.
    MatrixXd reads;
  };

  /// Fits channels one after the other. Residuals are computed for all of them at once, by a product of matrices, and
  /// then changed as each channel does.
  void fitChannels(const std::vector<int64_t>& channels) {
    const auto count = static_cast<int64_t>(channels.size());
    MatrixXd reads(depthwise_.rows(), count * taps());  // D E[x xᵀ]
    forEachInParallel(count, threads_, [&](int64_t i) {
      for (int64_t other = 0; other < problem_.channels; ++other) {
        const auto kernels = depthwiseOf(other);
        reads.block(firsts_[other], i * taps(), kernels.rows(), taps()) =
            kernels.lazyProduct(between(other, channels[i]));
      }
    });
    MatrixXd residual(problem_.outputs, count * taps());  // Lᵀ (E[y xᵀ] - P D E[x xᵀ])
    inRows([&](int64_t from, int64_t rows) {
      for (int64_t i = 0; i < count; ++i) {
        residual.block(from, i * taps(), rows, taps()) = weighted_.block(from, channels[i] * taps(), rows, taps());
      }
      subtractProduct(residual.middleRows(from, rows), pointwise_.middleRows(from, rows), reads);
    });
    Change change;
    for (int64_t i = 0; i < count; ++i) {
      const MatrixXd left = whitenedResidual(channels[i], change, residual.rightCols((count - i) * taps()));
      change = fitChannel(channels[i], left, {channels.begin() + i + 1, channels.end()});
    }
  }

  /// The part of y that the other channels leave, in the whitened directions of a channel.
  ///
  /// `last`: what the fit before this one changed. `residual`: its first columns are those of the channel.
  MatrixXd whitenedResidual(int64_t channel, const Change& last, Eigen::Ref<MatrixXd> residual) {
    const MatrixXd& whitener = whiteners_[channel];
    const MatrixXd reads = depthwiseOf(channel) * between(channel, channel);
    MatrixXd left(problem_.outputs, whitener.cols());
    inRows([&](int64_t from, int64_t rows) {
      if (last.reads.size() > 0) {
        residual.middleRows(from, rows).noalias() -= last.pointwise.middleRows(from, rows) * last.reads;
      }
      MatrixXd own = residual.block(from, 0, rows, taps());
      own.noalias() += pointwiseOf(channel).middleRows(from, rows) * reads;
      left.middleRows(from, rows).noalias() = own * whitener;
    });
    return left;
  }

  Change fitChannel(int64_t channel, const MatrixXd& left, const std::vector<int64_t>& following) {
    const MatrixXd& whitener = whiteners_[channel];
    MatrixXd& components = components_[channel];
    const int64_t alive = whitener.cols();
    const int64_t used = std::min({alive, problem_.outputs, int64_t{stages_.counts[channel]}});
    auto pointwise = pointwiseOf(channel);
    auto depthwise = depthwiseOf(channel);
    const int64_t room = depthwise.rows();
    MatrixXd kernels(used + room, taps());
    Change change{MatrixXd(problem_.outputs, used + room), MatrixXd(used + room, following.size() * taps())};
    change.pointwise.rightCols(room) = -pointwise;
    kernels.bottomRows(room) = depthwise;

    components.resize(taps(), 0);
    std::fill_n(worths_.begin() + channel * taps(), taps(), 0.0);
    pointwise.setZero();
    depthwise.setZero();
    used_[channel] = used;
    if (alive > 0) {
      EigenSolver solver(left.transpose() * left);
      const MatrixXd vectors = solver.eigenvectors().rowwise().reverse();
      for (int64_t i = 0; i < std::min(alive, problem_.outputs); ++i) {
        worths_[channel * taps() + i] = std::max(0.0, solver.eigenvalues()[alive - 1 - i]);
      }
      components = whitener * vectors;
      pointwise.leftCols(used).noalias() = left * vectors.leftCols(used);
      depthwise.topRows(used) = components.leftCols(used).transpose();
    }
    change.pointwise.leftCols(used) = pointwise.leftCols(used);
    kernels.topRows(used) = depthwise.topRows(used);
    for (size_t i = 0; i < following.size(); ++i) {
      change.reads.middleCols(static_cast<int64_t>(i) * taps(), taps()) =
          kernels.lazyProduct(between(channel, following[i]));
    }
    return change;
  }

  /// Divides the same number of kernels among the channels, for the components with the largest gains.
  void shareOut() {
    const int64_t kernels = std::accumulate(stages_.counts.begin(), stages_.counts.end(), int64_t{0});
    std::vector<int64_t> order(worths_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return worths_[a] > worths_[b]; });
    std::vector<int32_t> counts(problem_.channels, 0);
    for (int64_t i = 0; i < kernels; ++i) ++counts[order[i] / taps()];
    const auto max = static_cast<int32_t>(std::min(taps(), problem_.outputs));
    // If there are more kernels than components with a gain, the others go to channels that can use them.
    int64_t over = 0;
    for (int32_t& count : counts) {
      over += std::max(0, count - max);
      count = std::min(count, max);
    }
    for (size_t channel = 0; over > 0 && channel < counts.size(); ++channel) {
      const int64_t more = std::min<int64_t>(over, max - counts[channel]);
      counts[channel] += static_cast<int32_t>(more);
      over -= more;
    }
    stages_.counts = counts;
  }

  void takeKernels() {
    stages_.kernels.clear();
    for (int64_t channel = 0; channel < problem_.channels; ++channel) {
      for (int64_t i = 0; i < stages_.counts[channel]; ++i) {
        VectorXd kernel = VectorXd::Zero(taps());
        if (i < components_[channel].cols()) {
          kernel = components_[channel].col(i).normalized();
          kernel *= signOf(kernel);
        }
        stages_.kernels.insert(stages_.kernels.end(), kernel.begin(), kernel.end());
      }
    }
  }

  const StagesProblem& problem_;
  int threads_;
  FittedStages& stages_;
  int64_t patches_;
  Map<const MatrixXd> moments_;
  double added_;
  /// Lᵀ, or empty for the identity.
  MatrixXd factor_;
  /// (outputs, N): Lᵀ E[y xᵀ].
  RowMajorMatrix weighted_;
  /// Lᵀ P and the kernels D, those of channel c from number firsts_[c] on: used_[c] of them, then zeros.
  MatrixXd pointwise_;
  RowMajorMatrix depthwise_;
  std::vector<int64_t> firsts_;
  std::vector<int64_t> used_;
  std::vector<MatrixXd> whiteners_;
  /// Kernels of each channel, the one with the largest gain first; not of unit length.
  std::vector<MatrixXd> components_;
  /// (channels, taps): by how much each component lowers the error.
  std::vector<double> worths_;
};

}  // namespace

void fitStages(const StagesProblem& problem, int sweeps, int threads, FittedStages& stages) {
  const int64_t patches = problem.channels * problem.taps;
  checkSecondMoment(problem.patchMoments, patches, {"the patch moment"});
  if (!Map<const MatrixXd>(problem.crossMoments, patches, problem.outputs).allFinite()) {
    throw MatrixError({"the cross moment"}, "is not finite");
  }
  StagesFit fit(problem, threads, stages);
  if (sweeps > 0) fit.sweep(sweeps);
  fit.fitPointwise();
}

}  // namespace gdws
