#pragma once

#include <cstdint>

namespace gdws {

/// Cycles of a product of `depth` × `channels` weights with vectors of columns on one core: the multiply-adds of whole
/// vectors, and the part that they do not hide of the time to read weights from beyond the second-level cache.
double estimateProduct(double depth, double channels, double vectorsOfColumns);

/// The number of vectors of columns in a product of a map's pixels with `channels` weights a row. Vectors run along
/// pixels or along channels, whichever needs fewer.
double columnVectors(int64_t pixels, int64_t channels, int lanes);

/// Vectors that hold `count` floats.
double vectorsOf(int64_t count, int lanes);

}  // namespace gdws
