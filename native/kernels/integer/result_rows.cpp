#include "kernels/integer/result_rows.h"

namespace gdws {

namespace {

/// Numbers without sign of a type are so much greater.
int32_t unsignedBy(DataType type) { return type == DataType::int8 ? 128 : 0; }
uint8_t flipOf(DataType type) { return type == DataType::int8 ? 0x80 : 0; }

}  // namespace

IntegerResult resultOf(const SumResult& result) {
  IntegerResult how;
  if (result.type == DataType::int32) return how;
  how.form = result.type == DataType::float32 ? IntegerResult::Form::floats : IntegerResult::Form::bytes;
  const Requantization& r = result.requantization;
  how.most = r.most;
  how.zeroPoint = r.zeroPoint + unsignedBy(result.type);
  how.leastByte = how.zeroPoint + static_cast<int32_t>(r.least);
  how.flip = flipOf(result.type);
  how.hasResidual = result.hasResidual;
  how.sumsBytes = r.sumsBytes;
  how.innerLeast = r.innerLeast;
  how.innerMost = r.innerMost;
  how.sumScale = r.sumScale;
  how.residualScale = r.residualScale;
  how.residualZeroPoint = r.residualZeroPoint + unsignedBy(result.residualType);
  how.residualFlip = flipOf(result.residualType);
  return how;
}

IntegerRows resultRows(const Buffers& buffers, const SumResult& result, const IntegerResult& how, int64_t m, int64_t at,
                       int64_t pitch) {
  const float* const scale = result.scale(buffers);
  const void* const residual = result.residual(buffers);
  const auto bytes = static_cast<int64_t>(bytesOf(result.type));
  IntegerRows rows{};
  rows.how = &how;
  rows.scale = scale == nullptr ? nullptr : scale + m;
  rows.residual = residual == nullptr ? nullptr : static_cast<const uint8_t*>(residual) + at;
  rows.y = static_cast<std::byte*>(buffers.outputs[0]) + at * bytes;
  rows.pitch = pitch;
  return rows;
}

}  // namespace gdws
