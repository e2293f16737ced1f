#pragma once

#include <cstdint>

#include "program/program.h"

namespace gdws {

// Each calls `visit` with a number of the type.

template <class Visit>
void withNumber(DataType type, Visit visit) {
  switch (type) {
    case DataType::float32:
      return visit(float{});
    case DataType::int64:
      return visit(int64_t{});
    case DataType::int32:
      return visit(int32_t{});
    case DataType::int8:
      return visit(int8_t{});
    default:
      return visit(uint8_t{});
  }
}

/// Of an int64 or int32.
template <class Visit>
void withInteger(DataType type, Visit visit) {
  if (type == DataType::int64) return visit(int64_t{});
  visit(int32_t{});
}

}  // namespace gdws
