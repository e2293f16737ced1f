#include "kernels/integer/sum_result.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace gdws {

namespace {

/// The largest difference of two bytes of a type.
constexpr int32_t largestStep = 255;

void checkCount(const OperationView& operation, const Value& value, int64_t count, const char* what) {
  if (value.dims != std::vector<int64_t>{count}) {
    operation.fail(std::string(what) + " is " + describe(value.dims) + " where " + std::to_string(count) +
                   " numbers are needed");
  }
}

}  // namespace

SumResult SumResult::operands(const OperationView& operation, int64_t outputs, size_t scaleAt) {
  const Value& y = operation.output();
  SumResult result;
  result.type = y.type;
  result.scaleAt = scaleAt;
  result.hasScale = operation.hasInput(scaleAt);
  result.hasBias = operation.hasInput(scaleAt + 1);
  result.hasResidual = operation.hasInput(scaleAt + 2);
  if (!isByte(y.type) && y.type != DataType::float32 && y.type != DataType::int32) {
    operation.fail("the output is neither uint8, int8, int32 nor float32");
  }
  if (result.hasScale != (y.type != DataType::int32)) operation.fail("a scale belongs to all outputs but int32");
  if (result.hasScale) {
    const Value& scale = inputOf(operation, scaleAt);
    checkCount(operation, scale, outputs, "the scale");
    if (scale.storage == Storage::constant) {
      for (int64_t m = 0; m < outputs; ++m) {
        if (!std::isfinite(static_cast<const float*>(scale.data)[m])) operation.fail("a scale is not finite");
      }
    }
  }
  if (result.hasBias) checkCount(operation, inputOf(operation, scaleAt + 1, DataType::int32), outputs, "the bias");
  if (result.hasResidual) {
    const Value& residual = byteInputOf(operation, scaleAt + 2);
    if (!isByte(y.type)) operation.fail("a residual belongs to outputs of bytes");
    if (residual.dims != y.dims) {
      operation.fail("the residual is " + describe(residual.dims) + ", the output " + describe(y.dims));
    }
    result.residualType = residual.type;
  }
  return result;
}

float SumResult::lessZeroPoint(const OperationView& operation, int32_t limit, int32_t zeroPoint) {
  const DataType type = operation.output().type;
  if (zeroPoint < ByteRange(type).least || zeroPoint > ByteRange(type).most || limit < ByteRange(type).least ||
      limit > ByteRange(type).most) {
    operation.fail("zero point " + std::to_string(zeroPoint) + " or limit " + std::to_string(limit) +
                   " is no number of the output's type");
  }
  return static_cast<float>(limit - zeroPoint);
}

void SumResult::check(const OperationView& operation) const {
  const Requantization& r = requantization;
  if (r.least > r.most) operation.fail("the output's limits leave no number");
  if (!hasResidual) {
    if (r.sumsBytes) operation.fail("only a sum with a residual is rounded before it");
    return;
  }
  if (r.residualZeroPoint < ByteRange(residualType).least || r.residualZeroPoint > ByteRange(residualType).most) {
    operation.fail("the residual's zero point is no number of its type");
  }
  if (!std::isfinite(r.sumScale) || !std::isfinite(r.residualScale)) operation.fail("a scale is not finite");
  if (r.sumsBytes && (r.innerLeast > r.innerMost || r.innerLeast < -largestStep || r.innerMost > largestStep)) {
    operation.fail("the limits of the sum, less its zero point, are no two bytes");
  }
}

void SumResult::write(const Buffers& buffers, int64_t at, int64_t m, int32_t sum) const {
  if (type == DataType::int32) {
    static_cast<int32_t*>(buffers.outputs[0])[at] = sum;
    return;
  }
  const float factor = scale(buffers)[m];
  if (type == DataType::float32) {
    buffers.result()[at] = static_cast<float>(sum) * factor;
    return;
  }
  const int32_t byte = hasResidual ? requantization.byteOf(sum, factor, Bytes(residual(buffers), residualType)[at])
                                   : requantization.byteOf(sum, factor);
  static_cast<uint8_t*>(buffers.outputs[0])[at] = static_cast<uint8_t>(byte);
}

void checkOverflow(const OperationView& operation, const SummedWeights& weights) {
  const Value& w = operation.input(weights.at);
  const bool hasZeroPoints = operation.hasInput(weights.zeroPointAt);
  const Value* zeroPoint = hasZeroPoints ? &operation.input(weights.zeroPointAt) : nullptr;
  const bool isKnown = weights.isConstant && (zeroPoint == nullptr || zeroPoint->storage == Storage::constant);
  const bool hasKnownBias =
      operation.hasInput(weights.biasAt) && operation.input(weights.biasAt).storage == Storage::constant;
  const Bytes numbers(w.data, w.type);
  const Bytes zeroPoints(isKnown && hasZeroPoints ? zeroPoint->data : nullptr, w.type);
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  for (int64_t m = 0; m < weights.outputs; ++m) {
    int64_t sizes = std::min(weights.depth, most) * largestStep;
    if (isKnown) {
      const int32_t zero = hasZeroPoints ? zeroPoints[zeroPoint->elements == 1 ? 0 : m] : 0;
      const int64_t first = m * weights.outputPitch;
      sizes = weights.depthPitch == 1 ? sumOfSizes(numbers, first, weights.depth, zero) : 0;
      for (int64_t k = 0; weights.depthPitch != 1 && k < weights.depth; ++k) {
        sizes += std::abs(numbers[first + k * weights.depthPitch] - zero);
      }
    }
    const int64_t bias =
        hasKnownBias ? int64_t{static_cast<const int32_t*>(operation.input(weights.biasAt).data)[m]} : 0;
    if (sizes > most || sizes * largestStep + std::abs(bias) > most) {
      operation.fail("sums of output channel " + std::to_string(m) + " may not fit an int32");
    }
    if (!isKnown && !hasKnownBias) return;
  }
}

void checkZeroPoint(const OperationView& operation, size_t i, DataType type, int64_t count) {
  if (operation.hasInput(i)) checkCount(operation, inputOf(operation, i, type), count, "a zero point");
}

}  // namespace gdws
