#include "kernels/product/flat_maps.h"

#include <algorithm>

#include "kernels/product/rounding.h"

namespace gdws {

FlatMaps::FlatMaps(const Window& window, int64_t height, int64_t width, int64_t rows, int64_t columns,
                   const VectorTable& vectors)
    : window_(window),
      height_(height),
      width_(width),
      columns_(columns),
      stride_(window.strideWidth),
      phases_(stride_ * stride_),
      guard_(lineFloats),
      vectors_(&vectors) {
  // Vectors begin up to a pixel before a phase and end up to a vector, less one, after it.
  const int64_t lines = (rows - 1) * stride_ + window.kernelHeight;
  const int64_t floats = guard_ + quotientUp(lines, stride_) * columns + 2 * vectors.lanes;
  phasePitch_ = wholeLines(floats);
  const int64_t pixels = rows * columns + vectors.lanes;
  for (int64_t pixel = 0; pixel < pixels; ++pixel) {
    notFirst_.push_back(pixel % columns == 0 ? 0 : -1);
    notLast_.push_back(pixel % columns == columns - 1 ? 0 : -1);
  }
}

bool FlatMaps::fits(const Window& window, int64_t width, int64_t columns) {
  return window.kernelHeight == 3 && window.kernelWidth == 3 && window.dilationHeight == 1 &&
         window.dilationWidth == 1 && window.strideHeight == window.strideWidth && window.strideWidth <= 2 &&
         window.padLeft == 1 && columns * window.strideWidth == width;
}

void FlatMaps::fill(const float* plane, int64_t row, int64_t rows, float* maps) const {
  const int64_t first = row * stride_ - window_.padTop, lines = (rows - 1) * stride_ + window_.kernelHeight;
  const int64_t begin = std::clamp<int64_t>(-first, 0, lines), end = std::clamp<int64_t>(height_ - first, begin, lines);
  const float* source = plane + (first + begin) * width_;
  if (stride_ == 1) {
    float* to = maps + guard_;
    std::fill_n(to, begin * columns_, 0.0f);
    vectors_->product.copyFromPlanes(source, height_ * width_, to + begin * columns_, (end - begin) * width_);
    std::fill_n(to + end * columns_, (lines - end) * columns_, 0.0f);
    return;
  }
  for (int64_t line = 0; line < lines; ++line) {
    float* even = maps + line % 2 * 2 * phasePitch_ + guard_ + line / 2 * columns_;
    float* odd = even + phasePitch_;
    if (line < begin || line >= end) {
      std::fill_n(even, columns_, 0.0f);
      std::fill_n(odd, columns_, 0.0f);
    } else {
      vectors_->product.splitColumns(source, height_ * width_, columns_, plane + height_ * width_ - source, even, odd);
      source += width_;
    }
  }
}

FlatDepthwiseTask FlatMaps::task(const float* maps, int64_t rows) const {
  FlatDepthwiseTask task{};
  for (int64_t kh = 0; kh < 3; ++kh) {
    for (int64_t kw = 0; kw < 3; ++kw) {
      const int64_t column = kw - 1;
      const int64_t phase = kh % stride_ * stride_ + (column + stride_) % stride_;
      const int64_t shift = column < 0 ? -1 : column / stride_;
      task.taps[kh * 3 + kw] = maps + phase * phasePitch_ + guard_ + kh / stride_ * columns_ + shift;
    }
  }
  task.notFirst = notFirst_.data();
  task.notLast = stride_ == 1 ? notLast_.data() : nullptr;
  task.rows = rows;
  task.columns = columns_;
  return task;
}

}  // namespace gdws
