#pragma once

#include <cstddef>
#include <vector>

#include "kernels/convolution/window.h"
#include "kernels/vector/table.h"

namespace gdws {

/// How a window reads maps of one size through lines (LinesTask): padding as zeros, columns sorted by the stride's
/// remainder. The lines of a tile are made once for a channel and read by all its taps.
class Lines {
 public:
  Lines() = default;
  /// Planes are height × width; a tile has at most this many rows and columns of output.
  Lines(const Window& window, int64_t height, int64_t width, int64_t rows, int64_t columns, const VectorTable& vectors);

  /// Whether lines take a few megabytes at most: strides and dilations may be very large.
  static bool reasonable(const Window& window);

  int64_t floats() const { return linePitch_ * lineRows_ + slack_; }
  /// Fills lines for a rectangle of output pixels of one plane.
  void fill(const float* plane, int64_t row, int64_t rows, int64_t column, int64_t columns, float* lines) const;

  /// From the first float of one output row to that of the next.
  int64_t rowPitch() const { return rowStep_ * linePitch_; }
  /// Offset of each tap from the first float of an output row, kernel row by kernel row.
  const std::vector<int64_t>& taps() const { return taps_; }

 private:
  Window window_;
  int64_t height_ = 0, width_ = 0;
  int64_t storedStep_ = 1;  ///< plane rows from one line to the next
  int64_t rowStep_ = 1;     ///< lines from one output row to the next
  int64_t phases_ = 1, phasePitch_ = 0, linePitch_ = 0, lineRows_ = 0, slack_ = 0;
  std::vector<int64_t> taps_;
  void (*fillLines_)(const LinesTask& task) = nullptr;
};

}  // namespace gdws
