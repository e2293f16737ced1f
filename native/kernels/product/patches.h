#pragma once

#include <memory>

#include "kernels/convolution/window.h"
#include "kernels/product/producer.h"
#include "kernels/vector/table.h"

namespace gdws {

/// The maps that a producer reads: input 0 of an operation.
struct InputMaps {
  int64_t channels;  ///< of an image, all groups together
  int64_t channelsPerGroup;
  int64_t height, width;

  const float* plane(const Buffers& buffers, int64_t image, int64_t channel) const {
    return buffers.floats(0) + (image * channels + channel) * height * width;
  }
};

/// Columns of a convolution: row (c, kh, kw) of the depth holds the element that this tap of channel c reads for each
/// pixel.
std::unique_ptr<Producer> makePatches(const PixelMap& map, const InputMaps& input, const Window& window,
                                      const VectorTable& vectors);

/// Columns of a 1×1 convolution of stride 1: the channels themselves. The map's rows must be whole images.
std::unique_ptr<Producer> makePlanes(const PixelMap& map, const InputMaps& input, const VectorTable& vectors);

}  // namespace gdws
