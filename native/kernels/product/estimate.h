#pragma once

#include <cstdint>

namespace gdws {

/// Cycles of a product of `depth` × `channels` weights with vectors of columns on one core: the multiply-adds of whole
/// vectors, and what of the reading of the weights from beyond the second-level cache they do not hide.
double estimateProduct(double depth, double channels, double vectorsOfColumns);

/// Vectors of columns that a product of a map's pixels with `channels` weights a row amounts to; they run along pixels
/// or along channels, whichever they fill better.
double columnVectors(int64_t pixels, int64_t channels, int lanes);

/// Vectors that hold `count` floats.
double vectorsOf(int64_t count, int lanes);

}  // namespace gdws
