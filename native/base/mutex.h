#pragma once

#include <mutex>
#if !defined(__wasm__)
#include <condition_variable>
#endif

namespace gdws {

#if defined(__wasm__)
/// WebAssembly has one thread, and its C++ library no mutexes.
struct Mutex {
  void lock() {}
  void unlock() {}
};

using UniqueLock = std::lock_guard<Mutex>;

/// Nobody else could make a condition true: it is to hold when it is waited for.
struct Condition {
  void notify_one() {}
  void notify_all() {}
  template <class Predicate>
  void wait(UniqueLock&, const Predicate&) {}
};
#else
using Mutex = std::mutex;
using UniqueLock = std::unique_lock<Mutex>;
using Condition = std::condition_variable;
#endif

}  // namespace gdws
