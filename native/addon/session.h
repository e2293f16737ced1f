#pragma once

#include <napi.h>

namespace gdws {

/// Adds createSession(threads, kernel?, tuning?) to the exports.
void addSession(Napi::Env env, Napi::Object exports);

}  // namespace gdws
