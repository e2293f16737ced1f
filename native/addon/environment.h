#pragma once

#include <napi.h>

#include <atomic>
#include <list>
#include <memory>

#include "addon/later_call.h"
#include "base/mutex.h"
#include "base/scheduler.h"

namespace gdws {

/// Work that leaves the JavaScript thread and comes back to it: one object per Node environment (the main thread, each
/// worker), alive as long as the addon is loaded there. A process that ends first stops the work of those that are
/// open: OpenMP, the C++ library and Node destroy at its end the objects that this work uses.
class Environment {
 public:
  /// One piece of work. `abort` asks it to stop early.
  class Task {
   public:
    virtual ~Task() = default;
    /// On a scheduler thread, unless it is cancelled before. Must not throw and must not touch JavaScript.
    virtual void work() = 0;
    /// Back on the JavaScript thread: settles the promise.
    virtual void settle(Napi::Env env) = 0;

    std::atomic<bool> aborted{false};

   private:
    friend class Environment;
    Scheduler::Ticket ticket_ = 0;
    std::list<std::shared_ptr<Task>>::iterator place_;  ///< in working_
  };

  /// Made at the addon's initialisation, kept as its instance data.
  explicit Environment(Napi::Env env);
  ~Environment();

  static Environment& of(Napi::Env env);

  /// Runs task->work() on the scheduler, counted as `threads` threads, then task->settle() here. Throws std::bad_alloc.
  void submit(const std::shared_ptr<Task>& task, int threads);

  /// Runs a task of one thread on the JavaScript thread, and settles its promise at once; false where it has not run,
  /// because other work has the processors or waits for them.
  bool runHere(Task& task);

  /// Asks the task to stop. If it has not begun, it is settled without its work in the event loop's next turn, and
  /// the result is true.
  bool cancel(Task& task);

  Napi::FunctionReference sessionConstructor;
  Napi::FunctionReference programConstructor;

 private:
  void settleFinished(Napi::Env env);

  friend class OpenEnvironments;

  /// Drops the tasks that wait, and returns when those that run have stopped; nothing is settled any more.
  void stop();
  void close();
  void finished(Task& task);

  Napi::Env env_;
  LaterCall completion_;
  int unsettled_ = 0;  ///< submitted and not yet settled; JavaScript thread only
  Mutex mutex_;
  Condition idle_;
  std::list<std::shared_ptr<Task>> working_;
  std::list<std::shared_ptr<Task>> finished_;  ///< to be settled
  bool closed_ = false;
};

}  // namespace gdws
