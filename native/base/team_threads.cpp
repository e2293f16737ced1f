#include "base/team_threads.h"

#include <mutex>
#include <new>
#include <thread>
#include <vector>

namespace gdws {

namespace {

/// Size of the team that OpenMP keeps for this thread. A smaller region of several threads ends the rest of them.
thread_local int teamSize = 1;

/// Starts threads that do nothing, so that all are alive at the same time, and joins them. Their stacks stay in the C
/// library's cache, from which the threads of the team take them.
class Trial {
 public:
  explicit Trial(int threads) {
    threads_.reserve(static_cast<size_t>(threads));
    hold_ = std::unique_lock(mutex_);
    try {
      for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { const std::lock_guard wait(mutex_); });
    } catch (...) {
      // A thread, or the memory for its object, was not granted.
      join();
      throw std::bad_alloc();
    }
    join();
  }

 private:
  void join() {
    hold_.unlock();
    for (std::thread& thread : threads_) thread.join();
  }

  std::mutex mutex_;
  std::unique_lock<std::mutex> hold_;
  std::vector<std::thread> threads_;
};

}  // namespace

void ensureTeam(int threads) {
  if (threads < 2) return;
  if (threads > teamSize) Trial{threads - teamSize};
  teamSize = threads;
}

}  // namespace gdws
