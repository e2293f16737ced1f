#pragma once

#include <array>

#include "kernels/operands.h"

namespace gdws {

/// A checked `pad`: y[i] = x[i - begin] where that lies within x, else the value.
struct PadOperation {
  explicit PadOperation(const OperationView& operation);

  struct Axis {
    int64_t from;   ///< length of the axis in x
    int64_t to;     ///< length of the axis in y
    int64_t begin;  ///< where x begins in y
  };
  std::vector<Axis> axes;
  int64_t elements;  ///< of y
  size_t elementBytes;
  std::array<std::byte, 8> value;  ///< one element
};

}  // namespace gdws
