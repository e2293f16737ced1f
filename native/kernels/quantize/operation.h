#pragma once

#include "kernels/integer/axis_scales.h"

namespace gdws {

/// A checked `quantize`: x float32 of any dims, y uint8 or int8 like x.
struct QuantizeOperation {
  explicit QuantizeOperation(const OperationView& operation);

  AxisScales scales;
  ByteRange range;  ///< of the type of y
};

}  // namespace gdws
