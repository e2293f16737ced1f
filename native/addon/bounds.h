#pragma once

#include <algorithm>

namespace gdws {

/// The most threads that a session or a task may use.
inline constexpr int maxThreads = 1024;

/// The threads that work gets which asks for so many: WebAssembly has one.
constexpr int granted(int threads) {
#if defined(__wasm__)
  return std::min(threads, 1);
#else
  return threads;
#endif
}

/// JavaScript's Number.MAX_SAFE_INTEGER.
inline constexpr double maxSafeInteger = 9007199254740991;

}  // namespace gdws
