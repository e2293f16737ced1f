#pragma once

#include <napi.h>

#include "engine/tuner.h"

namespace gdws {

/// Adds learnKernels({key: kernel name}) to the exports: for kernels that were measured earlier, in another process.
void addTuning(Napi::Env env, Napi::Object exports);

/// Measures on a scheduler thread for about `seconds`. Returns {done, abort}: `done` resolves with the kernels found,
/// as {key: kernel name}, after `abort` with those found until then.
Napi::Object startTuning(Napi::Env env, Tuner tuner, int threads, double seconds);

/// Measures on a scheduler thread and waits for it.
Napi::Object tuneNow(Napi::Env env, Tuner& tuner, int threads, double seconds);

}  // namespace gdws
