#pragma once

#include <cstdint>

namespace gdws {

/// The input elements that a convolution reads for one output pixel: taps (kh, kw) at row oh·stride + kh·dilation -
/// pad, and columns likewise.
struct Window {
  int64_t kernelHeight = 1, kernelWidth = 1;
  int64_t strideHeight = 1, strideWidth = 1;
  int64_t dilationHeight = 1, dilationWidth = 1;
  int64_t padTop = 0, padLeft = 0;  ///< negative where the window begins inside the map

  int64_t taps() const { return kernelHeight * kernelWidth; }
  /// Input rows from the first to the last that `count` output rows touch.
  int64_t rowSpan(int64_t count) const { return (count - 1) * strideHeight + (kernelHeight - 1) * dilationHeight + 1; }
  int64_t columnSpan(int64_t count) const { return (count - 1) * strideWidth + (kernelWidth - 1) * dilationWidth + 1; }
};

}  // namespace gdws
