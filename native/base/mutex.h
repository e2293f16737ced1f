#pragma once

#include <mutex>

namespace gdws {

#if defined(__wasm__)
/// WebAssembly has one thread, and its C++ library no mutexes.
struct Mutex {
  void lock() {}
  void unlock() {}
};
#else
using Mutex = std::mutex;
#endif

}  // namespace gdws
