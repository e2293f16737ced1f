#include "kernels/product/lines.h"

#include "kernels/product/rounding.h"

namespace gdws {

Lines::Lines(const Window& window, int64_t height, int64_t width, int64_t rows, int64_t columns,
             const VectorTable& vectors)
    : window_(window), height_(height), width_(width), fillLines_(vectors.product.fillLines) {
  // A kernel one row high skips the rows between those of the stride, one a column wide the columns.
  storedStep_ = window.kernelHeight == 1 ? window.strideHeight : 1;
  rowStep_ = window.kernelHeight == 1 ? 1 : window.strideHeight;
  phases_ = window.kernelWidth == 1 ? 1 : window.strideWidth;
  lineRows_ = quotientUp(window.rowSpan(rows), storedStep_);
  slack_ = vectors.lanes;
  phasePitch_ = quotientUp(window.columnSpan(columns), window.strideWidth) + slack_;
  linePitch_ = phases_ * phasePitch_ + slack_;
  for (int64_t kh = 0; kh < window.kernelHeight; ++kh) {
    for (int64_t kw = 0; kw < window.kernelWidth; ++kw) {
      const int64_t column = kw * window.dilationWidth;
      taps_.push_back(kh * window.dilationHeight / storedStep_ * linePitch_ +
                      column % window.strideWidth * phasePitch_ + column / window.strideWidth);
    }
  }
}

bool Lines::reasonable(const Window& window) {
  constexpr int64_t maxFloats = int64_t{1} << 20;
  constexpr int64_t maxSpan = int64_t{1} << 16;
  constexpr int64_t maxStride = 32;
  // Each factor is checked first, so that the product cannot overflow.
  return window.strideHeight <= maxStride && window.strideWidth <= maxStride && window.rowSpan(1) <= maxSpan &&
         window.columnSpan(1) <= maxSpan && window.rowSpan(1) * window.columnSpan(1) <= maxFloats;
}

void Lines::fill(const float* plane, int64_t row, int64_t rows, int64_t column, int64_t columns, float* lines) const {
  LinesTask task;
  task.plane = plane;
  task.nextPlane = height_ * width_;
  task.height = height_;
  task.width = width_;
  task.firstRow = row * window_.strideHeight - window_.padTop;
  task.rowStep = storedStep_;
  task.rows = quotientUp(window_.rowSpan(rows), storedStep_);
  task.firstColumn = column * window_.strideWidth - window_.padLeft;
  task.columnStep = window_.strideWidth;
  task.phases = phases_;
  task.phaseLength = quotientUp(window_.columnSpan(columns), window_.strideWidth);
  task.phasePitch = phasePitch_;
  task.linePitch = linePitch_;
  task.lines = lines;
  fillLines_(task);
}

}  // namespace gdws
