#pragma once

namespace gdws {

/// Vector functions behind unary, binary, scaleShift, normalize, reduce, softmax, pooling and interpolate.
struct ElementwiseFunctions {};

}  // namespace gdws
