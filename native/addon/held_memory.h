#pragma once

#include <napi.h>

#include <cstddef>

#include "base/aligned_bytes.h"

namespace gdws {

/// Memory of a value that one program writes and another reads. JavaScript holds it but cannot see its bytes, so that
/// nothing needs to be copied.
struct HeldMemory {
  AlignedBytes memory;
  size_t bytes = 0;
};

/// Adds `holdMemory(bytes)` and `holdCopy(elements, type)`.
void addHeldMemory(Napi::Env env, Napi::Object exports);

/// The memory that `value` holds; null where it is no held memory.
const HeldMemory* heldMemoryOf(const Napi::Value& value);

}  // namespace gdws
