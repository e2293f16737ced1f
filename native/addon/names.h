#pragma once

#include <napi.h>

namespace gdws {

/// Adds the names of the kernels to the exports, in the order of the table.
void addNames(Napi::Env env, Napi::Object exports);

}  // namespace gdws
