#include "linalg/least_squares.h"

#include "linalg/cholesky.h"
#include "linalg/regularized_cholesky.h"

namespace gdws {

using Eigen::Index;
using Eigen::Map;
using Eigen::MatrixXd;
using Eigen::VectorXd;

void leastSquares(double* gram, double* cross, int64_t features, int64_t outputs, double ridge, int threads) {
  Map<MatrixXd> matrix(gram, features, features);
  // Row-major C is Cᵀ to Eigen: one system a column.
  Map<MatrixXd> systems(cross, features, outputs);
  if (!systems.allFinite()) throw MatrixError({"the cross moment"}, "is not finite");
  for (Index feature = 0; feature < features; ++feature) {
    if (!(matrix(feature, feature) > 0)) systems.row(feature).setZero();
  }
  if (factorizeRegularized(matrix, ridge, threads) == 0 && systems.isZero(0)) return;
  solveCholesky(matrix, systems, threads);
  if (!systems.allFinite())
    throw MatrixError({"the Gram matrix"}, "is too small for the cross moment: weights overflow");
}

}  // namespace gdws
