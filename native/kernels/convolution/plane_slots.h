#pragma once

#include <cstddef>
#include <vector>

#include "kernels/convolution/shape.h"
#include "kernels/vector/table.h"

namespace gdws {

/// The layout of whole planes for the depthwise kernels of a convolution (PlaneLayout).
class PlaneSlots {
 public:
  PlaneSlots(const ConvolutionShape& shape, const VectorTable& vectors);

  /// Whether a plane takes a part of the first-level cache at most.
  static bool fits(const ConvolutionShape& shape, const VectorTable& vectors);

  const PlaneLayout& layout() const { return layout_; }
  int64_t mapsFloats() const { return layout_.slots * layout_.slotPitch; }
  /// 0 where rows of sums lie one after the other.
  int64_t sumsFloats() const { return sumsFloats_; }

 private:
  std::vector<int64_t> taps_;
  std::vector<std::vector<int32_t>> masks_;
  std::vector<const int32_t*> inside_;
  int64_t sumsFloats_ = 0;
  PlaneLayout layout_;
};

}  // namespace gdws
