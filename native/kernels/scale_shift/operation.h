#pragma once

#include "kernels/operands.h"
#include "program/fused_activation.h"

namespace gdws {

/// A checked `scaleShift`: x (batch, channels, …), scale and shift (channels), y like x.
struct ScaleShiftOperation {
  explicit ScaleShiftOperation(const OperationView& operation);

  int64_t batch;
  int64_t channels;
  int64_t pixels;  ///< elements of one channel of one image
  FusedActivation activation;
};

}  // namespace gdws
