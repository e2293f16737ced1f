#include "addon/later_call.h"

namespace gdws {

LaterCall::LaterCall(Napi::Env env, void (*call)(Napi::Env, void*), void* context) : call_(call), context_(context) {
  const auto onJavaScriptThread = [](napi_env in, napi_value, void* self, void*) {
    if (in == nullptr || self == nullptr) return;  // the environment ends
    const auto* const later = static_cast<const LaterCall*>(self);
    try {
      later->call_(in, later->context_);
    } catch (const Napi::Error& error) {
      error.ThrowAsJavaScriptException();
    }
  };
  const Napi::String name = Napi::String::New(env, "gdws");
  const napi_status status = napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this,
                                                             onJavaScriptThread, &function_);
  if (status != napi_ok) throw Napi::Error::New(env);
  unref(env);
}

void LaterCall::ask() { napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking); }

void LaterCall::ref(Napi::Env env) { napi_ref_threadsafe_function(env, function_); }

void LaterCall::unref(Napi::Env env) { napi_unref_threadsafe_function(env, function_); }

void LaterCall::release() { napi_release_threadsafe_function(function_, napi_tsfn_release); }

}  // namespace gdws
