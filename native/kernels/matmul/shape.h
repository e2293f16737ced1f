#pragma once

#include <utility>

#include "kernels/addends.h"
#include "kernels/broadcast.h"
#include "kernels/operands.h"
#include "program/fused_activation.h"

namespace gdws {

/// A matrix product's operands, checked. Inputs a (…,R,K), b (…,K,N), their matrices transposed where the attributes
/// say so, the leading dims broadcast; bias? (N or 1), residual? (as y) → y (…,R,N) = act(alpha·a·b + bias + residual).
struct MatmulShape {
  int64_t rows, depth, columns;
  bool transposeA, transposeB;
  float alpha;
  int64_t biasLength;  ///< 0 where there is none
  FusedActivation activation;
  Addends addends;
  /// Over the matrices of y, with the strides of the matrices of a and of b that make each.
  StridedLoop matrices;

  int64_t batch() const { return matrices.elements; }
  /// Elements from one element of a matrix to the next along rows, depth and columns.
  int64_t aRowPitch() const { return transposeA ? 1 : depth; }
  int64_t aDepthPitch() const { return transposeA ? rows : 1; }
  int64_t bDepthPitch() const { return transposeB ? 1 : columns; }
  int64_t bColumnPitch() const { return transposeB ? depth : 1; }

  /// Elements before the matrix of a, and before that of b, which make matrix `index` of y.
  std::pair<int64_t, int64_t> offsetsAt(int64_t index) const {
    const Offsets offsets = matrices.offsetsAt(index);
    return {offsets[0] * rows * depth, offsets[1] * depth * columns};
  }

  /// Of a `matmul`. Throws ProgramError where anything does not fit.
  static MatmulShape of(const OperationView& operation);
};

/// The matrices a, b and y, of any types: the part that all matrix products have in common.
MatmulShape readMatrices(const OperationView& operation, bool transposeA, bool transposeB);

}  // namespace gdws
