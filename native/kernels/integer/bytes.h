#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/operands.h"
#include "kernels/vector/byte_functions.h"

namespace gdws {

/// Input i, which must be uint8 or int8.
const Value& byteInputOf(const OperationView& operation, size_t i);
/// Output 0, which must be uint8 or int8.
const Value& byteOutputOf(const OperationView& operation);

/// The limits of uint8 or int8.
struct ByteRange {
  explicit ByteRange(DataType type) : least(type == DataType::int8 ? -128 : 0), most(least + 255) {}

  /// For vector functions: limited to the range, or to less.
  ByteResult result(int32_t zeroPoint) const { return result(zeroPoint, least, most); }
  ByteResult result(int32_t zeroPoint, int32_t low, int32_t high) const {
    return {zeroPoint - least, low - least, high - least, static_cast<uint8_t>(-least)};
  }

  int32_t least;
  int32_t most;
};

/// A zero point that an attribute holds: it must lie within the type. Throws ProgramError.
int32_t checkedZeroPoint(const OperationView& operation, int32_t zeroPoint, DataType type);
/// A scale that an attribute holds: it must be finite and above 0. Throws ProgramError.
float checkedScale(const OperationView& operation, float scale);

constexpr bool isByte(DataType type) { return type == DataType::uint8 || type == DataType::int8; }

/// A tensor of uint8 or int8, read as numbers.
class Bytes {
 public:
  Bytes() = default;
  Bytes(const void* data, DataType type)
      : data_(static_cast<const uint8_t*>(data)), flip_(type == DataType::int8 ? 0x80 : 0) {}

  int32_t operator[](int64_t i) const { return (data_[i] ^ flip_) - flip_; }

 private:
  const uint8_t* data_ = nullptr;
  int32_t flip_ = 0;
};

/// Σ |x - zeroPoint| of `count` numbers x from `first` on.
int64_t sumOfSizes(const Bytes& bytes, int64_t first, int64_t count, int32_t zeroPoint);

/// Element i of a tensor of uint8 or int8.
inline int32_t byteAt(const void* x, DataType type, int64_t i) {
  return type == DataType::int8 ? static_cast<const int8_t*>(x)[i] : int32_t{static_cast<const uint8_t*>(x)[i]};
}

}  // namespace gdws
