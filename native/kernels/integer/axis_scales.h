#pragma once

#include <vector>

#include "kernels/broadcast.h"
#include "kernels/integer/bytes.h"

namespace gdws {

/// Checked scales and zero points of a tensor x, inputs 1 and 2 of quantize and dequantize: one for all, or one for
/// each place along an axis. x is seen as (outer, n, inner), one of them for each of n.
struct AxisScales {
  /// `quantized` is the type of the integers. Throws ProgramError.
  AxisScales(const OperationView& operation, int32_t axis, DataType quantized);

  /// Of place k along n.
  float scale(const Buffers& buffers, int64_t k) const { return buffers.floats(1)[k]; }
  /// All zero points, bytes as they are stored: 0 where there are none, and for int32.
  const uint8_t* zeroPoints(const Buffers& buffers) const {
    return hasZeroPoint ? static_cast<const uint8_t*>(buffers.inputs[2]) : zeros.data();
  }
  int32_t zeroPoint(const Buffers& buffers, int64_t k) const { return byteAt(zeroPoints(buffers), type, k); }

  /// The loop over x. Operand 0 is the place along n: it is the same in a run, or goes on by 1 where inner is 1.
  StridedLoop loop() const;

  DataType type;
  int64_t outer;
  int64_t n;
  int64_t inner;
  bool hasZeroPoint;
  std::vector<uint8_t> zeros;
};

}  // namespace gdws
