#pragma once

#include <cstddef>
#include <vector>

#include "kernels/convolution/window.h"
#include "kernels/vector/table.h"

namespace gdws {

/// How a 3×3 window whose output rows are as long as its input rows (or, at stride 2, half as long) reads whole rows of
/// a map: as one sequence of pixels without padding between the rows, so that vectors are full however short rows are.
/// Pixels that a tap reads beyond the end of a row belong to the next row, and are masked out. At stride 2 even and odd
/// rows and columns are kept apart.
class FlatMaps {
 public:
  FlatMaps() = default;
  /// For at most `rows` rows of output, each `columns` long.
  FlatMaps(const Window& window, int64_t height, int64_t width, int64_t rows, int64_t columns,
           const VectorTable& vectors);

  /// Whether the window and the rows are of that kind.
  static bool fits(const Window& window, int64_t width, int64_t columns);

  int64_t floats() const { return phases_ * phasePitch_; }
  /// Copies the part of a plane that `rows` output rows, from `row` on, read.
  void fill(const float* plane, int64_t row, int64_t rows, float* maps) const;
  /// A task with all but the kernel and the result.
  FlatDepthwiseTask task(const float* maps, int64_t rows) const;

 private:
  Window window_;
  int64_t height_ = 0, width_ = 0, columns_ = 0;
  int64_t stride_ = 1, phases_ = 1;
  int64_t phasePitch_ = 0, guard_ = 0;
  std::vector<int32_t> notFirst_, notLast_;  ///< by pixel: -1, but 0 in the first or the last column
  const VectorTable* vectors_ = nullptr;
};

}  // namespace gdws
