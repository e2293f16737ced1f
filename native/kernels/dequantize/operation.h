#pragma once

#include "kernels/integer/axis_scales.h"

namespace gdws {

/// A checked `dequantize`: x uint8, int8 or int32 of any dims, y float32 like x.
struct DequantizeOperation {
  explicit DequantizeOperation(const OperationView& operation);

  AxisScales scales;
};

}  // namespace gdws
