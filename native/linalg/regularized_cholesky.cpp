#include "linalg/regularized_cholesky.h"

#include <algorithm>

#include "linalg/cholesky.h"
#include "linalg/semidefinite.h"

namespace gdws {

namespace {

using Eigen::Index;
using Eigen::Map;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double firstRidge = 1e-12;
constexpr double lastRidge = 1e-2;

/// Columns that are mirrored at once, so that reads and writes stay in the cache.
constexpr Index tile = 64;

/// Writes the regularised matrix to the lower triangle, from the upper one and the diagonal of the given matrix.
/// Features that are always 0 get the rows and columns of the identity.
void regularize(Map<MatrixXd>& gram, const VectorXd& diagonal, double added) {
  const Index n = gram.rows();
  for (Index column = 0; column < n; column += tile) {
    const Index columns = std::min(tile, n - column);
    for (Index row = column; row < n; row += tile) {
      const Index rows = std::min(tile, n - row);
      const MatrixXd mirrored = gram.block(column, row, columns, rows).transpose();
      if (row == column) {
        gram.block(row, column, rows, columns).triangularView<Eigen::StrictlyLower>() = mirrored;
      } else {
        gram.block(row, column, rows, columns) = mirrored;
      }
    }
  }
  gram.diagonal() = diagonal.array() + added;
  for (Index dead = 0; dead < n; ++dead) {
    if (diagonal[dead] > 0) continue;
    gram.row(dead).head(dead).setZero();
    gram.col(dead).tail(n - dead).setZero();
    gram(dead, dead) = 1;
  }
}

}  // namespace

double factorizeRegularized(Map<MatrixXd>& gram, double ridge, int threads) {
  checkSecondMoment(gram.data(), gram.rows(), {"the Gram matrix"});
  const VectorXd diagonal = gram.diagonal();
  const auto alive = static_cast<double>((diagonal.array() > 0).count());
  if (alive == 0) return 0;
  const double mean = diagonal.cwiseMax(0).sum() / alive;
  regularize(gram, diagonal, ridge * mean);
  while (!factorizeCholesky(gram, threads)) {
    if (ridge >= lastRidge) throw MatrixError({"the Gram matrix"}, "is not positive semidefinite");
    ridge = std::clamp(ridge * 10, firstRidge, lastRidge);
    regularize(gram, diagonal, ridge * mean);
  }
  return ridge * mean;
}

}  // namespace gdws
