#pragma once

#include <napi.h>

#include <memory>

#include "addon/environment.h"
#include "engine/session.h"

namespace gdws {

Napi::Function defineProgramObject(Napi::Env env);

/// JavaScript's handle of a program, which keeps its session alive.
Napi::Object newProgramObject(Napi::Env env, std::shared_ptr<Session> session,
                              std::shared_ptr<CompiledProgram> program);

}  // namespace gdws
