#pragma once

#include <napi.h>

namespace gdws {

/// Adds the functions that benchmarks time to find the limits of the processor.
void addLimits(Napi::Env env, Napi::Object exports);

}  // namespace gdws
