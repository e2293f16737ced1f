#pragma once

#include <memory>

#include "kernels/gdws/shape.h"
#include "kernels/product/patches.h"

namespace gdws {

/// Columns of a GDWS convolution's pointwise stage: row k of the depth is the result of the k-th depthwise kernel on
/// its channel. The kernels are input 1 of the operation.
std::unique_ptr<Producer> makeDepthwiseColumns(const PixelMap& map, const GdwsShape& shape, const VectorTable& vectors);

}  // namespace gdws
