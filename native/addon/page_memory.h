#pragma once

#include <napi.h>

#include "engine/page_memory.h"

namespace gdws {

/// Adds `allocatePages(bytes)`, an ArrayBuffer over PageMemory.
void addPageMemory(Napi::Env env, Napi::Object exports);

/// The pages behind an ArrayBuffer that allocatePages made, alive as long as that; null for any other value.
const PageMemory* pagesOf(const Napi::Value& value);

}  // namespace gdws
