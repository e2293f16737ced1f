#include "addon/errors.h"

#include <new>

#include "engine/compiled_program.h"

namespace gdws {

namespace {

Napi::Error coded(Napi::Env env, const char* code, const char* message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

}  // namespace

Napi::Error toJavaScript(Napi::Env env, const std::exception& exception) {
  if (const auto* program = dynamic_cast<const ProgramError*>(&exception)) {
    Napi::Error error = coded(env, "INTERNAL", program->what());
    if (program->operation >= 0) error.Set("operation", Napi::Number::New(env, program->operation));
    return error;
  }
  if (const auto* exceeded = dynamic_cast<const WeightsExceeded*>(&exception)) {
    Napi::Error error = coded(env, "LIMIT_EXCEEDED", exceeded->what());
    if (exceeded->operation >= 0) error.Set("operation", Napi::Number::New(env, exceeded->operation));
    return error;
  }
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) {
    return coded(env, "OUT_OF_MEMORY", "memory could not be allocated");
  }
  if (dynamic_cast<const CompilationAborted*>(&exception) != nullptr) return coded(env, "ABORTED", exception.what());
  return coded(env, "INTERNAL", exception.what());
}

Napi::Error invalidArgument(Napi::Env env, const char* message) { return coded(env, "ARGUMENT_INVALID", message); }

}  // namespace gdws
