#pragma once

#include <napi.h>

namespace gdws {

/// Exports `decompose` and `pointwiseWeights`; src/native.ts has their signatures.
void addLinalg(Napi::Env env, Napi::Object exports);

}  // namespace gdws
