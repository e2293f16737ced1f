#pragma once

#include <napi.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>

namespace gdws {

/// Work that leaves the JavaScript thread and comes back to it: one object per Node environment (the main thread, each
/// worker), alive as long as the addon is loaded there.
class Environment {
 public:
  /// One piece of work. `abort` asks it to stop early.
  class Task {
   public:
    virtual ~Task() = default;
    /// On a scheduler thread. Must not throw and must not touch JavaScript.
    virtual void work() = 0;
    /// Back on the JavaScript thread: settles the promise.
    virtual void settle(Napi::Env env) = 0;

    std::atomic<bool> aborted{false};
  };

  /// Made at the addon's initialisation, kept as its instance data.
  explicit Environment(Napi::Env env);
  ~Environment();

  static Environment& of(Napi::Env env);

  /// Runs task->work() on the scheduler, counted as `threads` threads, then task->settle() here.
  void submit(std::shared_ptr<Task> task, int threads);

  Napi::FunctionReference sessionConstructor;
  Napi::FunctionReference programConstructor;

 private:
  static void settleOnJavaScriptThread(Napi::Env env, Napi::Function, Environment* self, std::shared_ptr<Task>* task);
  using Completion =
      Napi::TypedThreadSafeFunction<Environment, std::shared_ptr<Task>, &Environment::settleOnJavaScriptThread>;

  void close();
  void finished(const std::shared_ptr<Task>& task);

  Napi::Env env_;
  Completion completion_;
  int unsettled_ = 0;  ///< submitted and not yet settled; JavaScript thread only
  std::mutex mutex_;
  std::condition_variable idle_;
  std::unordered_set<std::shared_ptr<Task>> working_;
  bool closed_ = false;
};

}  // namespace gdws
