#if defined(_OPENMP)

#include <omp.h>

#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "base/run_team.h"

namespace gdws {

namespace {

/// The barrier of the OpenMP team that the calling thread belongs to.
class Barrier final : public Meeting {
 public:
  void wait() const override {
#pragma omp barrier
  }
  double cycles() const override { return 3000; }
};

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

void runThreads(int threads, TeamWork work) {
  // Where OpenMP's team has to grow and the system does not grant its threads, GCC's runtime would end the process.
  if (threads > teamSize) Trial{threads - teamSize};
  teamSize = threads;
  const Barrier barrier;
#pragma omp parallel num_threads(threads)
  work(Team{omp_get_thread_num(), omp_get_num_threads(), &barrier});
}

}  // namespace gdws

#endif
