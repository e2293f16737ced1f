#pragma once

#include <napi.h>

#include <memory>

#include "base/page_memory.h"

namespace gdws {

/// Adds `allocatePages(bytes)`, an ArrayBuffer over PageMemory, or undefined where the runtime allows none.
void addPageMemory(Napi::Env env, Napi::Object exports);

/// The pages behind an ArrayBuffer that allocatePages made; null for any other value. Whoever reads them off the
/// JavaScript thread must hold them: a worker that ends lets go of such buffers before anything else.
std::shared_ptr<const PageMemory> pagesOf(const Napi::Value& value);

}  // namespace gdws
