#pragma once

#include <napi.h>

#include <memory>

#include "base/page_memory.h"

namespace gdws {

/// Adds `allocatePages(bytes)`, an ArrayBuffer over PageMemory, or undefined where the runtime allows none.
void addPageMemory(Napi::Env env, Napi::Object exports);

/// The pages behind an ArrayBuffer that allocatePages made; null for any other value. Code that reads them on another
/// thread must hold the pointer: when a JavaScript worker ends, it releases such buffers first.
std::shared_ptr<const PageMemory> pagesOf(const Napi::Value& value);

}  // namespace gdws
