#pragma once

#include <napi.h>

#include <cstdint>
#include <exception>

namespace gdws {

/// The JavaScript error for a C++ exception; its property `operation` is the index of the operation at fault, if there
/// is one. src/engine turns it into a GdwsError that names the node.
Napi::Error toJavaScript(Napi::Env env, const std::exception& exception);

/// An error with one of the codes of src/base/errors.ts, and with `index` as one more property, unless it is negative.
Napi::Error coded(Napi::Env env, const char* code, const char* message, const char* property = nullptr,
                  int64_t index = -1);

/// For a defect of the calling code (src/), not of its user.
Napi::Error invalidArgument(Napi::Env env, const char* message);

/// Returns what `work` returns; an exception that it throws becomes a JavaScript error.
template <typename Work>
auto throwingToJavaScript(Napi::Env env, const Work& work) {
  try {
    return work();
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& exception) {
    throw toJavaScript(env, exception);
  }
}

}  // namespace gdws
