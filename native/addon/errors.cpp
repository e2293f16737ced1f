#include "addon/errors.h"

#include <new>

#include "engine/compiled_program.h"

namespace gdws {

Napi::Error coded(Napi::Env env, const char* code, const char* message, const char* property, int64_t index) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  if (property != nullptr && index >= 0) error.Set(property, Napi::Number::New(env, static_cast<double>(index)));
  return error;
}

Napi::Error toJavaScript(Napi::Env env, const std::exception& exception) {
  if (const auto* program = dynamic_cast<const ProgramError*>(&exception)) {
    return coded(env, "INTERNAL", program->what(), "operation", program->operation);
  }
  if (const auto* exceeded = dynamic_cast<const WeightsExceeded*>(&exception)) {
    return coded(env, "LIMIT_EXCEEDED", exceeded->what(), "operation", exceeded->operation);
  }
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) {
    return coded(env, "OUT_OF_MEMORY", "memory could not be allocated");
  }
  if (dynamic_cast<const CompilationAborted*>(&exception) != nullptr) return coded(env, "ABORTED", exception.what());
  return coded(env, "INTERNAL", exception.what());
}

Napi::Error invalidArgument(Napi::Env env, const char* message) { return coded(env, "ARGUMENT_INVALID", message); }

}  // namespace gdws
