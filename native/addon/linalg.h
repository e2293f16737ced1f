#pragma once

#include <napi.h>

namespace gdws {

/// Exports the functions of native/linalg; src/addon/native.ts has their signatures.
void addLinalg(Napi::Env env, Napi::Object exports);

}  // namespace gdws
