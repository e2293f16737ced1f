#pragma once

#include <napi.h>

namespace gdws {

/// Adds what benchmarks time to learn the limits of the processor.
void addLimits(Napi::Env env, Napi::Object exports);

}  // namespace gdws
