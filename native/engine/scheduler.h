#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/brief_spin.h"

namespace gdws {

/// Runs jobs off the JavaScript thread, in the order they come, as many at once as the processors allow: each job
/// counts for the threads it will use. One for the process, so that several sessions share the processors instead of
/// multiplying threads. Each worker that runs jobs of several threads has an OpenMP team of its own; as few as can be
/// get one, because GCC's runtime puts waiting threads to sleep at once where all teams together outnumber the
/// processors.
///
/// It is never destroyed: a process that exits while a job runs must not wait for it.
class Scheduler {
 public:
  static Scheduler& instance();

  /// Queues a job that will use `threads` threads. The job must not throw.
  void submit(std::function<void()> job, int threads);

  /// Returns when the job has run: on the calling thread where it uses one and a processor is free at once, which
  /// saves two hops between threads, else in its turn on a worker. The job must not throw.
  void runAndWait(const std::function<void()>& job, int threads);

  struct Load {
    size_t queued;   ///< jobs that wait for processors
    size_t running;  ///< jobs that have them
    int threads;     ///< that the running jobs use
  };
  Load load();

 private:
  struct Job {
    std::function<void()> work;
    int threads;  ///< that it counts for
    int team;     ///< threads that it asked for
  };
  struct Worker {
    std::condition_variable wake;
    Job job;
    std::atomic<bool> hasJob{false};  ///< changed with the lock held
    int team = 1;                     ///< most threads of a job that it has run
    int lastTeam = 1;                 ///< threads that its last job asked for
  };

  explicit Scheduler(int processors) : processors_(processors), spin_(processors) {}
  void serve(Worker& worker);
  // With the lock held:
  bool fits(int threads) const { return busyThreads_ == 0 || busyThreads_ + threads <= processors_; }
  void begin(int threads);
  void end(int threads);
  void dispatch();
  Worker& workerFor(int threads);

  const int processors_;
  const BriefSpin spin_;
  std::mutex mutex_;
  std::deque<Job> queue_;
  std::vector<Worker*> idle_;
  size_t running_ = 0;
  int busyThreads_ = 0;
};

}  // namespace gdws
