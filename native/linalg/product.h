#pragma once

#include <cstdint>

#include "linalg/eigen.h"

namespace gdws {

/// A matrix in memory: element (i, j) is data[i·rowPitch + j·columnPitch].
struct MatrixView {
  const double* data;
  int64_t rowPitch;
  int64_t columnPitch;
};

/// C -= A B for a column-major C (rows, columns), A (rows, depth) and B (depth, columns); C overlaps neither.
///
/// With vectors of the processor's width: Eigen's own code, which is compiled for the least processor, takes twice the
/// time. Every product is rounded before it is added, and those of one element are added in order of depth, so that
/// results are the same on all processors, and do not depend on how C is divided among calls. Throws std::bad_alloc.
void subtractProduct(double* c, int64_t pitch, int64_t rows, int64_t columns, int64_t depth, MatrixView a,
                     MatrixView b);

/// The same of Eigen's matrices and blocks of them, which lie in memory.
template <typename Result, typename Left, typename Right>
void subtractProduct(Result&& c, const Left& a, const Right& b) {
  subtractProduct(c.data(), c.colStride(), c.rows(), c.cols(), a.cols(), {a.data(), a.rowStride(), a.colStride()},
                  {b.data(), b.rowStride(), b.colStride()});
}

}  // namespace gdws
