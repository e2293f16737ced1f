#include "kernels/convolution/plane_slots.h"

#include <algorithm>

#include "kernels/product/lines.h"
#include "kernels/product/rounding.h"

namespace gdws {

namespace {

/// One axis of a plane as the taps of a kernel read it: position i of the output reads element i + shift of a phase.
class PhasedAxis {
 public:
  PhasedAxis(int64_t length, int64_t stride, int64_t dilation, int64_t padding)
      : length_(length), stride_(stride), dilation_(dilation), padding_(padding) {}

  int64_t phase(int64_t tap) const { return begin(tap) - shift(tap) * stride_; }
  /// Rounded down.
  int64_t shift(int64_t tap) const { return (begin(tap) - (begin(tap) < 0 ? stride_ - 1 : 0)) / stride_; }
  /// Elements that a phase has.
  int64_t elements(int64_t phase) const { return quotientUp(std::max<int64_t>(0, length_ - phase), stride_); }

 private:
  int64_t begin(int64_t tap) const { return tap * dilation_ - padding_; }

  int64_t length_, stride_, dilation_, padding_;
};

/// Elements that the taps of a kernel read beyond both ends of the phases.
struct Margins {
  int64_t before = 0, after = 0;

  Margins(const PhasedAxis& axis, int64_t kernel, int64_t outputs) {
    for (int64_t tap = 0; tap < kernel; ++tap) {
      before = std::max(before, -axis.shift(tap));
      after = std::max(after, outputs + axis.shift(tap) - axis.elements(axis.phase(tap)));
    }
  }
};

PhasedAxis rowsOf(const ConvolutionShape& shape) {
  const Window& window = shape.window;
  return {shape.height, window.strideHeight, window.dilationHeight, window.padTop};
}

PhasedAxis columnsOf(const ConvolutionShape& shape) {
  const Window& window = shape.window;
  return {shape.width, window.strideWidth, window.dilationWidth, window.padLeft};
}

/// The layout without pointers and for one slot.
PlaneLayout sizesOf(const ConvolutionShape& shape, const VectorTable& vectors) {
  const Window& window = shape.window;
  const PhasedAxis rows = rowsOf(shape), columns = columnsOf(shape);
  const Margins vertical(rows, window.kernelHeight, shape.outputHeight);
  const Margins horizontal(columns, window.kernelWidth, shape.outputWidth);
  PlaneLayout layout{};
  layout.height = shape.height;
  layout.width = shape.width;
  layout.strideHeight = window.strideHeight;
  layout.strideWidth = window.strideWidth;
  layout.kernelHeight = window.kernelHeight;
  layout.kernelWidth = window.kernelWidth;
  layout.outputRows = shape.outputHeight;
  layout.outputColumns = shape.outputWidth;
  layout.pitch = std::max(shape.outputWidth, columns.elements(0));
  layout.firstLine = wholeLines(horizontal.before) + vertical.before * layout.pitch;
  layout.zerosBelow = vertical.after * layout.pitch;
  // The last vectors end beyond the last pixel, and write beyond the last line.
  const int64_t slack = horizontal.after + 4 * vectors.lanes;
  layout.phasePitch = wholeLines(layout.firstLine + rows.elements(0) * layout.pitch + layout.zerosBelow + slack);
  layout.slots = 1;
  layout.slotPitch = layout.phasePitch * window.strideHeight * window.strideWidth;
  return layout;
}

}  // namespace

bool PlaneSlots::fits(const ConvolutionShape& shape, const VectorTable& vectors) {
  constexpr int64_t maxSide = 256, maxKernel = 64, maxStride = 8, maxFloats = 20480;
  const Window& window = shape.window;
  // Each factor is checked first, so that no product can overflow.
  return Lines::reasonable(window) && std::max(window.kernelHeight, window.kernelWidth) <= maxKernel &&
         std::max(window.strideHeight, window.strideWidth) <= maxStride &&
         std::max({shape.height, shape.width, shape.outputHeight, shape.outputWidth}) <= maxSide &&
         std::max(std::abs(window.padTop), std::abs(window.padLeft)) <= maxSide &&
         sizesOf(shape, vectors).slotPitch <= maxFloats;
}

PlaneSlots::PlaneSlots(const ConvolutionShape& shape, const VectorTable& vectors) : layout_(sizesOf(shape, vectors)) {
  // Several planes are copied before the first is read: a vector that is read right after it was stored in parts waits.
  constexpr int64_t floatsOfSlots = 2048, maxSlots = 8;
  layout_.slots = std::clamp<int64_t>(floatsOfSlots / layout_.slotPitch, 1, maxSlots);

  const PhasedAxis rows = rowsOf(shape), columns = columnsOf(shape);
  for (int64_t kh = 0; kh < layout_.kernelHeight; ++kh) {
    for (int64_t kw = 0; kw < layout_.kernelWidth; ++kw) {
      const int64_t phase = rows.phase(kh) * layout_.strideWidth + columns.phase(kw);
      taps_.push_back(phase * layout_.phasePitch + layout_.firstLine + rows.shift(kh) * layout_.pitch +
                      columns.shift(kw));
    }
  }

  const int64_t pixels = layout_.outputRows * layout_.pitch + 4 * vectors.lanes;
  for (int64_t kw = 0; kw < layout_.kernelWidth; ++kw) {
    const int64_t shift = columns.shift(kw), elements = columns.elements(columns.phase(kw));
    std::vector<int32_t> mask;
    if (shift < 0 || shift + layout_.outputColumns > elements) {
      for (int64_t pixel = 0; pixel < pixels; ++pixel) {
        const int64_t column = pixel % layout_.pitch + shift;
        mask.push_back(column >= 0 && column < elements ? -1 : 0);
      }
    }
    masks_.push_back(std::move(mask));
  }
  for (const auto& mask : masks_) inside_.push_back(mask.empty() ? nullptr : mask.data());
  layout_.taps = taps_.data();
  layout_.inside = inside_.data();
  if (layout_.pitch != layout_.outputColumns) sumsFloats_ = wholeLines(pixels);
}

}  // namespace gdws
