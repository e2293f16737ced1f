#pragma once

#include <napi.h>

namespace gdws {

/// Adds the names of opcodes, functions and kernels to the exports, each in the order of its numbers.
void addNames(Napi::Env env, Napi::Object exports);

}  // namespace gdws
