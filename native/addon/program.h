#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "addon/environment.h"
#include "engine/session.h"

namespace gdws {

/// A session, shared by the JavaScript objects of one thread that use it.
struct SessionHandle {
  SessionHandle(int threads, KernelChoice choice, int64_t maxWeightBytes)
      : session(threads, std::move(choice), maxWeightBytes) {}

  /// Tells V8's collector how much memory the small JavaScript objects hold. To be called whenever that may have
  /// changed, and after the last of them has released its memory.
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

/// The JavaScript object of a program, which keeps its session alive.
Napi::Object newProgramObject(Napi::Env env, std::shared_ptr<SessionHandle> session,
                              std::shared_ptr<CompiledProgram> program);

}  // namespace gdws
