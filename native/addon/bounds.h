#pragma once

namespace gdws {

/// The most threads that a session or a task may use.
inline constexpr int maxThreads = 1024;

/// JavaScript's Number.MAX_SAFE_INTEGER.
inline constexpr double maxSafeInteger = 9007199254740991;

}  // namespace gdws
