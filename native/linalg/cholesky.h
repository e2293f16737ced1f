#pragma once

#include "linalg/eigen.h"

namespace gdws {

/// Cholesky's factorisation A = L Lᵀ in place: reads and writes the lower triangle only. Returns false, with the lower
/// triangle overwritten, where A is not positive definite beyond rounding. Results do not depend on `threads`.
/// Throws std::bad_alloc.
bool factorizeCholesky(Eigen::Map<Eigen::MatrixXd>& matrix, int threads);

/// Solves L Lᵀ X = B in place of B, of which every column is one system. Results do not depend on `threads`.
/// Throws std::bad_alloc.
void solveCholesky(const Eigen::Map<Eigen::MatrixXd>& factor, Eigen::Map<Eigen::MatrixXd>& right, int threads);

}  // namespace gdws
