#pragma once

#include "kernels/integer/bytes.h"
#include "kernels/integer/rounding.h"
#include "kernels/operands.h"

namespace gdws {

/// a + b modulo 2^32: a bias of the run, and terms that cancel, may go beyond an int32 on the way.
inline int32_t wrappingSum(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

/// How a sum of products becomes a byte; docs/architecture.md has the steps. Limits are less the zero point.
struct Requantization {
  int32_t zeroPoint = 0;
  int32_t residualZeroPoint = 0;
  float least = 0, most = 0;
  float innerLeast = 0, innerMost = 0;
  bool sumsBytes = false;
  float sumScale = 1, residualScale = 0;

  int32_t byteOf(int32_t sum, float scale) const {
    return roundWithin(static_cast<float>(sum) * scale, least, most) + zeroPoint;
  }
  int32_t byteOf(int32_t sum, float scale, int32_t residual) const {
    float t = static_cast<float>(sum) * scale;
    if (sumsBytes) t = static_cast<float>(roundWithin(t, innerLeast, innerMost));
    const float scaled = t * sumScale;
    const float added = static_cast<float>(residual - residualZeroPoint) * residualScale;
    return roundWithin(scaled + added, least, most) + zeroPoint;
  }
};

/// The result of sums of products, with its optional inputs, in this order: scale (M), bias (M) of int32, residual (as
/// y). y may be uint8 or int8 (with a scale), float32 (with a scale, without a residual) or int32 (without either).
struct SumResult {
  DataType type = DataType::int32;
  size_t scaleAt = 0;
  bool hasScale = false, hasBias = false, hasResidual = false;
  DataType residualType = DataType::uint8;
  Requantization requantization;

  const float* scale(const Buffers& buffers) const { return hasScale ? buffers.floats(scaleAt) : nullptr; }
  const int32_t* bias(const Buffers& buffers) const {
    return hasBias ? static_cast<const int32_t*>(buffers.inputs[scaleAt + 1]) : nullptr;
  }
  const void* residual(const Buffers& buffers) const { return hasResidual ? buffers.inputs[scaleAt + 2] : nullptr; }

  /// Writes element `at` of y, of channel m, from its sum, which includes the bias.
  void write(const Buffers& buffers, int64_t at, int64_t m, int32_t sum) const;

  /// Of an operation that has M output channels, with the scale at input `scaleAt`. Throws ProgramError.
  template <class Attributes>
  static SumResult of(const OperationView& operation, const Attributes& attributes, int64_t outputs, size_t scaleAt) {
    SumResult result = operands(operation, outputs, scaleAt);
    if (!isByte(result.type)) return result;
    result.requantization = {
        .zeroPoint = attributes.zeroPoint,
        .residualZeroPoint = attributes.residualZeroPoint,
        .least = lessZeroPoint(operation, attributes.least, attributes.zeroPoint),
        .most = lessZeroPoint(operation, attributes.most, attributes.zeroPoint),
        .innerLeast = static_cast<float>(attributes.innerLeast),
        .innerMost = static_cast<float>(attributes.innerMost),
        .sumsBytes = attributes.sumsBytes,
        .sumScale = attributes.sumScale,
        .residualScale = attributes.residualScale,
    };
    result.check(operation);
    return result;
  }

 private:
  static SumResult operands(const OperationView& operation, int64_t outputs, size_t scaleAt);
  /// Both are numbers of y's type.
  static float lessZeroPoint(const OperationView& operation, int32_t limit, int32_t zeroPoint);
  void check(const OperationView& operation) const;
};

/// The weights of sums of products, for the check that these fit an int32: output channel m has `depth` weights from
/// m·depth on, or the weights m, m + pitch, … where a pitch is given.
struct SummedWeights {
  size_t at;           ///< the input that has them
  size_t zeroPointAt;  ///< the input that has their zero points, one for each output channel or for all
  size_t biasAt;
  bool isConstant;  ///< the weights; those that are not count as the largest there are
  int64_t outputs, depth;
  int64_t outputPitch, depthPitch;
};

/// Throws ProgramError where some bytes would make a sum that does not fit an int32. A bias that is not constant is not
/// counted.
void checkOverflow(const OperationView& operation, const SummedWeights& weights);

/// Checks a zero point at input i, where it is present: `count` numbers of this type.
void checkZeroPoint(const OperationView& operation, size_t i, DataType type, int64_t count);

}  // namespace gdws
