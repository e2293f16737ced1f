#pragma once

#if defined(__wasm__)
#include "base/scheduler_alone.h"
#else

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/brief_spin.h"

namespace gdws {

/// Runs jobs on threads of its own, in the order in which they come, as many at once as the processors allow: each job
/// counts as the threads that it will use. There is one for the process, so that several sessions share the processors.
/// Each worker that runs jobs of several threads has a team of its own. As few workers as possible get one, because
/// GCC's runtime of OpenMP puts waiting threads to sleep at once where all teams together have more threads than there
/// are processors.
///
/// It is never destroyed: its workers wait for jobs until the process ends. The code that submits jobs must stop them
/// before that.
class Scheduler {
 public:
  static Scheduler& instance();

  /// Identifies a job; unique in the process.
  using Ticket = uint64_t;

  /// Queues a job that will use `threads` threads. The job must not throw. Throws std::bad_alloc where there is no
  /// memory for it, or no thread that could ever run it; nothing is queued then.
  Ticket submit(std::function<void()> job, int threads);

  /// Takes a job out of the queue; false where it has begun or ended.
  bool cancel(Ticket ticket);

  /// Runs a job of one thread on the calling thread, if a processor is free for it and no other job waits; false where
  /// it has not run. Throws what the job throws.
  bool runHere(const std::function<void()>& job);

  /// Returns when the job has run. A job of one thread runs on the calling thread if a processor is free, which saves
  /// two switches between threads; others run in their turn on a worker. Throws what the job throws, and what submit()
  /// throws.
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
    int team = 1;                     ///< the largest number of threads of a job that it has run
    int lastTeam = 1;                 ///< threads that its last job asked for
  };

  explicit Scheduler(int processors) : processors_(processors), spin_(processors) {}
  void serve(Worker& worker);
  // With the lock held:
  bool fits(int threads) const { return busyThreads_ == 0 || busyThreads_ + threads <= processors_; }
  void begin(int threads);
  void end(int threads);
  void dispatch();
  /// Null where the system grants no thread; the next worker that becomes idle will do.
  Worker* workerFor(int threads);
  Worker* newWorker();

  const int processors_;
  const BriefSpin spin_;
  std::mutex mutex_;
  std::map<Ticket, Job> queue_;  ///< in order
  Ticket nextTicket_ = 0;
  size_t workers_ = 0;
  std::vector<Worker*> idle_;  ///< has room for all workers
  size_t running_ = 0;
  int busyThreads_ = 0;
};

}  // namespace gdws

#endif
