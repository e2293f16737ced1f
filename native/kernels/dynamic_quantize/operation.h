#pragma once

#include "kernels/operands.h"

namespace gdws {

/// A checked `dynamicQuantize`: x float32 of any dims, y uint8 like x, a scale and a zero point.
struct DynamicQuantizeOperation {
  explicit DynamicQuantizeOperation(const OperationView& operation);

  int64_t elements;
};

/// The scale and zero point for numbers from least ≤ 0 to most ≥ 0. NaN is not counted among them.
struct DynamicScale {
  DynamicScale(float least, float most);

  float scale;
  int32_t zeroPoint;
};

}  // namespace gdws
