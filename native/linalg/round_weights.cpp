#include "linalg/round_weights.h"

#include <algorithm>
#include <cmath>

#include "linalg/cholesky.h"
#include "linalg/parallel.h"
#include "linalg/product.h"
#include "linalg/regularized_cholesky.h"

namespace gdws {

namespace {

using Eigen::Index;
using Eigen::Map;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double largest = 127;

/// Outputs that are rounded at once, and weights between two products with those that are rounded already.
constexpr Index outputTile = 64, weightTile = 64;

/// Half to even, as ONNX rounds.
double nearest(double number) { return std::clamp(std::nearbyint(number), -largest, largest); }

/// The scale with the least weighted error of weights rounded to the nearest.
float scaleOf(const VectorXd& weights, const VectorXd& importance) {
  const double most = weights.cwiseAbs().maxCoeff();
  if (!(most > 0)) return 1;
  double least = 0;
  float best = 0;
  // Larger weights are limited: that costs little where they are few, and makes all others more exact.
  for (int share = 100; share >= 50; share -= 5) {
    const auto scale = static_cast<float>(most * share / (100 * largest));
    if (!(scale > 0)) break;
    double error = 0;
    for (Index j = 0; j < weights.size(); ++j) {
      const double left = weights[j] - scale * nearest(weights[j] / scale);
      error += importance[j] * left * left;
    }
    if (best > 0 && error >= least) continue;
    least = error;
    best = scale;
  }
  // Weights too small for single precision are as good as zeros.
  return best > 0 ? best : 1;
}

}  // namespace

void roundWeights(const RoundingProblem& problem, double* gram, const double* cross, double* weights,
                  RoundedWeights& rounded, int threads) {
  const Index features = problem.features, outputs = problem.outputs;
  Map<MatrixXd> factor(gram, features, features);
  // Row-major matrices of outputs are to Eigen those of their transpose: an output a column.
  Map<MatrixXd> fitted(weights, features, outputs);
  const Map<const MatrixXd> products(cross, features, outputs);
  if (!products.allFinite()) throw MatrixError({"the cross moment"}, "is not finite");
  if (!fitted.allFinite()) throw MatrixError({"the matrix of weights"}, "is not finite");
  const VectorXd importance = factor.diagonal().cwiseMax(0);
  const double lambda = factorizeRegularized(factor, problem.ridge, threads);
  const bool isDead = lambda == 0;
  if (problem.fits && !isDead) {
    for (Index j = 0; j < features; ++j) {
      // Features that are always 0 keep their weights.
      if (importance[j] > 0) fitted.row(j) = products.row(j) + lambda * fitted.row(j);
    }
    solveCholesky(factor, fitted, threads);
    if (!fitted.allFinite())
      throw MatrixError({"the Gram matrix"}, "is too small for the cross moment: weights overflow");
  }

  rounded.numbers.resize(static_cast<size_t>(features * outputs));
  rounded.scales.resize(static_cast<size_t>(outputs));
  const bool isSequential = problem.isSequential && !isDead;
  forEachInParallel((outputs + outputTile - 1) / outputTile, threads, [&](int64_t part) {
    const Index first = part * outputTile, count = std::min(outputTile, outputs - first);
    VectorXd scales(count);
    for (Index m = 0; m < count; ++m) {
      rounded.scales[first + m] = scaleOf(fitted.col(first + m), importance);
      scales[m] = rounded.scales[first + m];
    }
    MatrixXd target, multiples;
    MatrixXd excess;  // of the rounded weights over the fitted ones
    if (isSequential) excess.resize(features, count);
    for (Index end = features; end > 0;) {
      const Index begin = std::max<Index>(0, end - weightTile), later = features - end;
      const Index size = end - begin;
      if (isSequential) {
        target = factor.block(begin, begin, size, size).triangularView<Eigen::Lower>().transpose() *
                 fitted.block(begin, first, size, count);
        subtractProduct(target, factor.block(end, begin, later, size).transpose(), excess.bottomRows(later));
        multiples.resize(size, count);
      }
      for (Index m = 0; m < count; ++m) {
        int8_t* const numbers = rounded.numbers.data() + (first + m) * features;
        for (Index j = end - 1; j >= begin; --j) {
          double best = fitted(j, first + m);
          if (isSequential) {
            double left = target(j - begin, m);
            for (Index i = j + 1; i < end; ++i) left -= factor(i, j) * multiples(i - begin, m);
            best = left / factor(j, j);
          }
          const double number = nearest(best / scales[m]);
          numbers[j] = static_cast<int8_t>(number);
          if (isSequential) multiples(j - begin, m) = number * scales[m];
        }
      }
      if (isSequential) excess.middleRows(begin, size) = multiples - fitted.block(begin, first, size, count);
      end = begin;
    }
  });
}

}  // namespace gdws
