#pragma once

#include <napi.h>

namespace gdws {

/// A function of the JavaScript thread that any thread can ask for: it is called in a later turn of the event loop.
class LaterCall {
 public:
  /// What `call(env, context)` throws, a Napi::Error, becomes an uncaught exception. Until ref() is called, this does
  /// not keep the process alive.
  LaterCall(Napi::Env env, void (*call)(Napi::Env env, void* context), void* context);
  LaterCall(const LaterCall&) = delete;
  LaterCall& operator=(const LaterCall&) = delete;

  /// Asks for a call.
  void ask();
  void ref(Napi::Env env);
  void unref(Napi::Env env);
  /// Ends it; nothing is called any more. To be called once.
  void release();

 private:
  void (*call_)(Napi::Env env, void* context);
  void* context_;
  napi_threadsafe_function function_ = nullptr;
};

}  // namespace gdws
