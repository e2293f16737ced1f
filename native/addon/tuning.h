#pragma once

#include <napi.h>

#include "engine/tuner.h"

namespace gdws {

/// Adds learnKernels({key: kernel name}) to the exports: what was measured earlier, as by another process.
void addTuning(Napi::Env env, Napi::Object exports);

/// Measures on a scheduler thread for about `seconds`. {done, abort}: `done` resolves with what was found as {key:
/// kernel name}, and after `abort` with what was found until then.
Napi::Object startTuning(Napi::Env env, Tuner tuner, int threads, double seconds);

/// Measures on a scheduler thread and waits for it.
Napi::Object tuneNow(Napi::Env env, Tuner& tuner, int threads, double seconds);

}  // namespace gdws
