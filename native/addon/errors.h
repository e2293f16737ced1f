#pragma once

#include <napi.h>

#include <exception>

namespace gdws {

/// The JavaScript error for a C++ exception: `code` is one of src/errors.ts, `operation` the index of the operation at
/// fault where there is one. src/engine turns it into a GdwsError that names the node.
Napi::Error toJavaScript(Napi::Env env, const std::exception& exception);

/// A defect of the caller (src/), not of its user.
Napi::Error invalidArgument(Napi::Env env, const char* message);

}  // namespace gdws
