#pragma once

#include <napi.h>

namespace gdws {

/// Adds what the engine may use and what it has done: instructionSet, instructionSets, concurrency, affinity,
/// counters().
void addIntrospection(Napi::Env env, Napi::Object exports);

}  // namespace gdws
