#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "addon/environment.h"
#include "engine/session.h"

namespace gdws {

/// A session as JavaScript's handles share it; they belong to one thread.
struct SessionHandle {
  SessionHandle(int threads, KernelChoice choice, int64_t mostWeightBytes)
      : session(threads, std::move(choice), mostWeightBytes) {}

  /// Tells V8's collector how much memory hangs on so small objects. To be called whenever that may have changed, and
  /// after the last handle has let go of what it held.
  void reportMemory(Napi::Env env) {
    const int64_t change = session.heldBytes() - reported_;
    if (change == 0) return;
    Napi::MemoryManagement::AdjustExternalMemory(env, change);
    reported_ += change;
  }

  Session session;

 private:
  int64_t reported_ = 0;
};

Napi::Function defineProgramObject(Napi::Env env);

/// JavaScript's handle of a program, which keeps its session alive.
Napi::Object newProgramObject(Napi::Env env, std::shared_ptr<SessionHandle> session,
                              std::shared_ptr<CompiledProgram> program);

}  // namespace gdws
