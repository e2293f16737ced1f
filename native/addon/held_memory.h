#pragma once

#include <napi.h>

#include <cstddef>

#include "base/aligned_bytes.h"

namespace gdws {

/// Memory of a value that one program gives and another takes: JavaScript holds it and cannot look into it, so that
/// nothing needs to be copied.
struct HeldMemory {
  AlignedBytes memory;
  size_t bytes = 0;
};

/// Adds `holdMemory(bytes)` and `holdCopy(elements, type)`.
void addHeldMemory(Napi::Env env, Napi::Object exports);

/// What `value` holds, or null where it is something else.
const HeldMemory* heldMemoryOf(const Napi::Value& value);

}  // namespace gdws
