#pragma once

#include <vector>

#include "kernels/addends.h"
#include "kernels/fused_activation.h"

namespace gdws {

/// A matrix product's operands, checked. Inputs a (…,R,K), b (…,K,N), their matrices transposed where so said, the
/// leading dims broadcast; bias? (N or 1), residual? (as y) → y (…,R,N) = act(alpha·a·b + bias + residual).
struct MatmulShape {
  int64_t rows, depth, columns;
  bool transposeA, transposeB;
  float alpha;
  int64_t biasLength;  ///< 0 where there is none
  FusedActivation activation;
  Addends addends;
  /// By matrix of y: which matrix of a and which of b make it.
  std::vector<int64_t> matrixOfA, matrixOfB;

  int64_t batch() const { return static_cast<int64_t>(matrixOfA.size()); }
  /// Elements from one element of a matrix to the next along rows, depth and columns.
  int64_t aRowPitch() const { return transposeA ? 1 : depth; }
  int64_t aDepthPitch() const { return transposeA ? rows : 1; }
  int64_t bDepthPitch() const { return transposeB ? 1 : columns; }
  int64_t bColumnPitch() const { return transposeB ? depth : 1; }

  /// Throws ProgramError where anything does not fit.
  static MatmulShape of(const OperationView& operation);
};

}  // namespace gdws
