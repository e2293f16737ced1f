#pragma once

namespace gdws {

/// Vector functions behind convolution, gdws, convolutionTranspose and matmul.
struct ProductFunctions {};

}  // namespace gdws
