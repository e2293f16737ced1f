#pragma once

#include <napi.h>

namespace gdws {

/// Adds properties of the machine and counts of the engine's work: instructionSet, instructionSets, concurrency,
/// affinity, counters().
void addIntrospection(Napi::Env env, Napi::Object exports);

}  // namespace gdws
