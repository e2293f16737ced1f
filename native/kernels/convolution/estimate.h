#pragma once

#include "kernels/kernel.h"

namespace gdws {

/// Cycles of a product of `depth` × `channels` weights with vectors of columns on one core: the multiply-adds of whole
/// vectors, and what of the reading of the weights from beyond the second-level cache they do not hide.
double estimateProduct(double depth, double channels, double vectorsOfColumns);

/// Cycles of a convolution as a product with its patches (convolution.product).
double estimateConvolutionProduct(const OperationView& operation, const KernelContext& context);
/// Cycles of a convolution channel by channel (convolution.depthwise).
double estimateDepthwise(const OperationView& operation, const KernelContext& context);

}  // namespace gdws
