#pragma once

#include <napi.h>

#include <cstddef>

namespace gdws {

/// Whether native code and JavaScript see the same memory. WebAssembly sees only its own, where no array of JavaScript
/// lies: Node-API's addresses of arrays would be those of copies, which stay as long as their arrays.
#if defined(__wasm__)
inline constexpr bool sharesScriptMemory = false;
#else
inline constexpr bool sharesScriptMemory = true;
#endif

/// Copies a typed array of this type and size to native memory that is aligned for its elements; `data` is its address
/// where memory is shared. Throws Napi::Error.
void copyFromScript(const Napi::Value& array, napi_typedarray_type type, const void* data, size_t bytes, void* to);

/// An ArrayBuffer with a copy of native memory. Throws Napi::Error.
Napi::ArrayBuffer newArrayBuffer(Napi::Env env, const void* from, size_t bytes);

}  // namespace gdws
