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
/// multiplying threads; and a worker that has run a job is the first to get another, because its OpenMP team is warm.
///
/// It is never destroyed: a process that exits while a job runs must not wait for it.
class Scheduler {
 public:
  static Scheduler& instance();

  /// Queues a job that will use `threads` threads. The job must not throw.
  void submit(std::function<void()> job, int threads);

  /// Queues a job and returns when it has run.
  void runAndWait(const std::function<void()>& job, int threads);

 private:
  struct Job {
    std::function<void()> work;
    int threads;
  };
  struct Worker {
    std::condition_variable wake;
    Job job;
    bool hasJob = false;
  };

  explicit Scheduler(int processors) : processors_(processors) {}
  void dispatch();  ///< with the lock held
  void serve(Worker& worker);

  const int processors_;
  std::mutex mutex_;
  std::deque<Job> queue_;
  std::vector<Worker*> idle_;
  int busyThreads_ = 0;
};

}  // namespace gdws
