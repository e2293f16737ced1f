#pragma once

#include <napi.h>

#include <exception>

namespace gdws {

/// The JavaScript error for a C++ exception: `code` is one of src/errors.ts, `operation` the index of the operation at
/// fault where there is one. src/engine turns it into a GdwsError that names the node.
Napi::Error toJavaScript(Napi::Env env, const std::exception& exception);

/// A defect of the caller (src/), not of its user.
Napi::Error invalidArgument(Napi::Env env, const char* message);

/// What `work` returns; what it throws becomes an error of JavaScript.
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
