#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

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

  /// Queues a job and returns when it has run.
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
    int threads;
  };
  struct Worker {
    std::condition_variable wake;
    Job job;
    bool hasJob = false;
    int team = 1;  ///< most threads of a job that it has run
  };

  explicit Scheduler(int processors) : processors_(processors) {}
  void serve(Worker& worker);
  // With the lock held:
  void dispatch();
  Worker& workerFor(int threads);

  const int processors_;
  std::mutex mutex_;
  std::deque<Job> queue_;
  std::vector<Worker*> idle_;
  size_t running_ = 0;
  int busyThreads_ = 0;
};

}  // namespace gdws
