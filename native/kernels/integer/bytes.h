#pragma once

#include <cstdint>

#include "program/program.h"

namespace gdws {

constexpr bool isByte(DataType type) { return type == DataType::uint8 || type == DataType::int8; }

/// The least and the largest number of a type of one byte.
constexpr int32_t leastOf(DataType type) { return type == DataType::int8 ? -128 : 0; }
constexpr int32_t mostOf(DataType type) { return type == DataType::int8 ? 127 : 255; }

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

}  // namespace gdws
