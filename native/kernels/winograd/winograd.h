#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kernels/convolution/shape.h"
#include "kernels/kernel.h"

namespace gdws {

/// Whether a convolution has 3×3 kernels, stride 1 and dilation 1; pads and groups do not matter.
bool winogradFits(const ConvolutionShape& shape);

/// Estimated cycles of one core; `edge` is that of an output tile, 2 or 4.
double estimateWinograd(int64_t edge, const ConvolutionShape& shape, const KernelContext& context);

/// The kernels of a convolution, outputs × channelsPerGroup × 3 × 3.
using DenseKernels = std::function<std::shared_ptr<const float[]>()>;

/// A Winograd convolution. Inputs 1 to `weightInputs` of the operation are weights, packed here. `key` identifies the
/// kernels that `kernels` computes of them, except for their dims; `kernels` is called if they are not packed yet.
std::unique_ptr<Kernel> makeWinograd(int64_t edge, const ConvolutionShape& shape, size_t weightInputs,
                                     const std::string& key, const DenseKernels& kernels, KernelContext& context);

}  // namespace gdws
