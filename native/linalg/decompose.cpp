#include "linalg/decompose.h"

#include <atomic>
#include <cmath>
#include <limits>
#include <new>

#include "base/run_team.h"
#include "base/team.h"
#include "linalg/eigen.h"
#include "linalg/interruption.h"
#include "linalg/sign.h"

namespace gdws {

namespace {

/// From this size on divide-and-conquer is faster than Jacobi rotations: kernels of 5×5 and more.
constexpr int64_t divideAndConquer = 20;

/// One thread's working memory.
class ChannelDecomposition {
 public:
  explicit ChannelDecomposition(const LayerWeights& weights)
      : weights_(weights), block_(weights.rows(), weights.taps), byConquest_(weights.rank() >= divideAndConquer) {}

  void run(int64_t channel, double* singularValues, double* rightVectors) {
    for (int64_t row = 0; row < weights_.rows(); ++row) {
      const float* source = weights_.row(channel, row);
      for (int64_t tap = 0; tap < weights_.taps; ++tap) block_(row, tap) = source[tap];
    }
    if (byConquest_) {
      write(conquest_.compute(block_, Eigen::ComputeThinV), singularValues, rightVectors);
    } else {
      write(jacobi_.compute(block_, Eigen::ComputeThinV), singularValues, rightVectors);
    }
  }

 private:
  template <typename Solver>
  void write(const Solver& solver, double* singularValues, double* rightVectors) const {
    const auto& values = solver.singularValues();
    const auto& vectors = solver.matrixV();
    const double rounding =
        values[0] * std::numeric_limits<double>::epsilon() * std::max(weights_.rows(), weights_.taps);
    for (int64_t i = 0; i < weights_.rank(); ++i) {
      singularValues[i] = values[i] > rounding ? values[i] : 0;
      Eigen::Map<Eigen::VectorXd>(rightVectors + i * weights_.taps, weights_.taps) =
          vectors.col(i) * signOf(vectors.col(i));
    }
  }

  const LayerWeights& weights_;
  Eigen::MatrixXd block_;
  bool byConquest_;
  Eigen::JacobiSVD<Eigen::MatrixXd> jacobi_;
  Eigen::BDCSVD<Eigen::MatrixXd> conquest_;
};

}  // namespace

void decompose(const LayerWeights& weights, int threads, double* singularValues, double* rightVectors) {
  std::atomic<bool> outOfMemory{false};
  const Interruption interruption = Interruption::current();
  runTeam(threads, [&](const Team& team) {
    try {
      ChannelDecomposition decomposition(weights);
      const int64_t rank = weights.rank();
      const Range mine = team.share(weights.inputChannels);
      for (int64_t channel = mine.begin; channel < mine.end && !interruption.isAsked(); ++channel) {
        decomposition.run(channel, singularValues + channel * rank, rightVectors + channel * rank * weights.taps);
      }
    } catch (const std::bad_alloc&) {
      outOfMemory = true;
    }
  });
  if (outOfMemory) throw std::bad_alloc();
  interruption.check();
}

int64_t firstNonFinite(const LayerWeights& weights) {
  for (int64_t i = 0; i < weights.size(); ++i) {
    if (!std::isfinite(weights.data[i])) return i;
  }
  return -1;
}

}  // namespace gdws
