#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <vector>

#include "base/run_team.h"
#include "linalg/interruption.h"

namespace gdws {

/// Calls work(0) … work(count - 1), each once, on `threads` threads; the calls must not depend on each other.
/// All are called even if one throws; the exception of the first of them, in their order, is then thrown here. Throws
/// Interrupted where the calling thread's computation is to stop; calls that have not begun are not made then.
template <typename Work>
void forEachInParallel(int64_t count, int threads, const Work& work) {
  std::vector<std::exception_ptr> failures(count);
  const Interruption interruption = Interruption::current();
  std::atomic<int64_t> next{0};
  runTeam(threads, [&](const Team&) {
    for (int64_t i = 0; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
      try {
        interruption.check();
        work(i);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    }
  });
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace gdws
