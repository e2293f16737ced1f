#pragma once

#include <stdint.h>

#include "kernels/vector/byte_functions.h"
#include "program/functions.h"

namespace gdws {

/// Which operands of a row of a binary function are rows.
enum class OperandForm { bothRows, secondScalar, firstScalar };

inline constexpr int operandFormCount = 3;

/// Reduces a row to one number, or many rows to one. max and min are NaN where an element is.
#define GDWS_FOLDS(X) X(sum) X(sumSquare) X(sumAbsolute) X(max) X(min) X(product)

enum class Fold {
#define GDWS_MEMBER(name) name,
  GDWS_FOLDS(GDWS_MEMBER)
#undef GDWS_MEMBER
};

inline constexpr int foldCount = 6;

/// Two of the widest vectors.
inline constexpr int64_t windowOverrun = 32;

/// An interpolation along a line, prepared for vectors: results are computed in groups of one vector, and for each tap
/// the elements that a group reads lie within one vector of x.
struct LineTaps {
  int64_t count;         ///< results
  int64_t taps;          ///< of each
  const int32_t* first;  ///< (groups, taps): where that vector begins
  const int32_t* lanes;  ///< (groups, taps, lanes): which of its lanes each result takes
  const float* weights;  ///< (groups, taps, lanes)
};

/// Vector functions behind unary, binary, scaleShift, normalize, reduce, softmax, pooling and interpolate: each works
/// on rows of `count` elements. A result row may be the first operand itself, else rows do not overlap.
struct ElementwiseFunctions {
  using Unary = void (*)(const float* x, float* y, int64_t count, float a, float b);
  using Binary = void (*)(const float* x, const float* y, float* z, int64_t count, float a, float b);

  /// y = f(x; a, b); null for functions that have no vector form.
  Unary unary[unaryFunctionCount];
  /// z = act(f(x, y); a, b); null for functions that have no vector form.
  Binary binary[binaryFunctionCount][operandFormCount][activationCount];
  /// y = act(scale·x + shift; a, b).
  void (*scaleShift[activationCount])(const float* x, float* y, int64_t count, float scale, float shift, float a,
                                      float b);
  /// y = act(scale·x + shift; a, b), with scale and shift rows too.
  void (*scaleShiftRows[activationCount])(const float* x, const float* scale, const float* shift, float* y,
                                          int64_t count, float a, float b);
  /// The fold of one row. Sums are of blocks of at most 4096 elements in single precision, the blocks' in double.
  double (*foldRow[foldCount])(const float* x, int64_t count);
  /// folded = fold(folded, x), element by element.
  void (*foldInto[foldCount])(const float* x, float* folded, int64_t count);
  /// Σ (x - centre) and Σ (x - centre)², summed as foldRow does.
  double (*sumDeviations)(const float* x, int64_t count, float centre);
  double (*sumSquaredDeviations)(const float* x, int64_t count, float centre);
  /// y = (x - centre)·scale + shift.
  void (*standardize)(const float* x, float* y, int64_t count, float centre, float scale, float shift);
  /// y = exp(x - maximum) where y is not null; returns the sum, as foldRow does.
  double (*exponentials)(const float* x, float* y, int64_t count, float maximum);
  /// y = exp(x - maximum) where y is not null, and sums += exp(x - maximum), element by element.
  void (*exponentialsInto)(const float* x, const float* maximum, float* y, float* sums, int64_t count);
  /// y = x·(bias + scale·squares)^-beta.
  void (*localResponse)(const float* x, const float* squares, float* y, int64_t count, float scale, float beta,
                        float bias);
  /// y[i] = the largest, or the sum, of the `kernel` elements x[i·stride + k·dilation]. Reads up to windowOverrun
  /// floats beyond the last of them.
  void (*maxWindows)(const float* x, float* y, int64_t count, int64_t kernel, int64_t stride, int64_t dilation);
  void (*sumWindows)(const float* x, float* y, int64_t count, int64_t kernel, int64_t stride, int64_t dilation);
  /// Row r of y is the fold of rows 2r and 2r + 1 of x; rows lie close together. Up to a vector more of y is
  /// overwritten.
  void (*foldPairs[foldCount])(const float* x, float* y, int64_t rows, int64_t length);
  /// y[i] = Σ weight·x[place] over the taps of i, which lie close together: see LineTaps.
  void (*interpolateLine)(const float* x, const LineTaps& taps, float* y);
  /// y = Σ weights[t]·rows[t].
  void (*combineRows)(const float* const* rows, const float* weights, int64_t taps, float* y, int64_t count);
  /// On bytes.
  ByteFunctions bytes;
};

}  // namespace gdws
