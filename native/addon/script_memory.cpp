#include "addon/script_memory.h"

#include <cstring>
#if defined(__wasm__)
#include <emnapi.h>
#endif

namespace gdws {

#if defined(__wasm__)

namespace {

/// A typed array over WebAssembly's memory, which loses it when that grows: to be used at once.
Napi::Object viewOf(Napi::Env env, napi_typedarray_type type, const void* memory, size_t bytes) {
  napi_value view = nullptr;
  const auto sameType = static_cast<emnapi_memory_view_type>(type);
  if (emnapi_create_memory_view(env, sameType, const_cast<void*>(memory), bytes, nullptr, nullptr, &view) != napi_ok) {
    throw Napi::Error::New(env);
  }
  return {env, view};
}

}  // namespace

void copyFromScript(const Napi::Value& array, napi_typedarray_type type, const void*, size_t bytes, void* to) {
  if (bytes == 0) return;
  const Napi::HandleScope scope(array.Env());
  const Napi::Object view = viewOf(array.Env(), type, to, bytes);
  // Of arrays of the same type, this copies bytes.
  view.Get("set").As<Napi::Function>().Call(view, {array});
}

Napi::ArrayBuffer newArrayBuffer(Napi::Env env, const void* from, size_t bytes) {
  Napi::EscapableHandleScope scope(env);
  const Napi::Object view = viewOf(env, napi_uint8_array, from, bytes);
  const Napi::Value copy = view.Get("slice").As<Napi::Function>().Call(view, {});
  return scope.Escape(copy.As<Napi::Object>().Get("buffer")).As<Napi::ArrayBuffer>();
}

#else

void copyFromScript(const Napi::Value&, napi_typedarray_type, const void* data, size_t bytes, void* to) {
  if (bytes > 0) std::memcpy(to, data, bytes);
}

Napi::ArrayBuffer newArrayBuffer(Napi::Env env, const void* from, size_t bytes) {
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, bytes);
  if (bytes > 0) std::memcpy(buffer.Data(), from, bytes);
  return buffer;
}

#endif

}  // namespace gdws
