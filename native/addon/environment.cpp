#include "addon/environment.h"

#include <cstdlib>

namespace gdws {

/// The environments of the process that are not closed. process.exit() and uncaught errors end a process without
/// closing the environment of the main thread.
class OpenEnvironments {
 public:
  static OpenEnvironments& instance() {
    static OpenEnvironments* const environments = new OpenEnvironments;
    return *environments;
  }

  void add(Environment& environment) {
    const std::lock_guard lock(mutex_);
    open_.push_back(&environment);
  }

  void remove(Environment& environment) {
    const std::lock_guard lock(mutex_);
    open_.remove(&environment);
  }

 private:
  OpenEnvironments() {
#if !defined(_WIN32)
    // The latest function is called first: this one runs before those that end the libraries. Windows has ended all
    // other threads by then, and to wait for them would take for ever.
    std::atexit([] { instance().stop(); });
#endif
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    for (Environment* const environment : open_) environment->stop();
  }

  Mutex mutex_;
  std::list<Environment*> open_;
};

Environment::Environment(Napi::Env env)
    : env_(env),
      completion_(
          env, [](Napi::Env in, void* self) { static_cast<Environment*>(self)->settleFinished(in); }, this) {
  // The latest hook runs first: this one before that of the completion function.
  napi_add_env_cleanup_hook(
      env, [](void* self) { static_cast<Environment*>(self)->close(); }, this);
  OpenEnvironments::instance().add(*this);
}

Environment::~Environment() = default;

Environment& Environment::of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

void Environment::submit(const std::shared_ptr<Task>& task, int threads) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    task->place_ = working_.insert(working_.end(), task);
  }
  try {
    task->ticket_ = Scheduler::instance().submit(
        [this, task] {
          task->work();
          finished(*task);
        },
        threads);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    working_.erase(task->place_);
    throw;
  }
  if (unsettled_++ == 0) completion_.ref(env_);
#if defined(__wasm__)
  // The work is done there, too.
  completion_.ask();
#endif
}

bool Environment::runHere(Task& task) {
  if (!Scheduler::instance().runHere([&] { task.work(); })) return false;
  task.settle(env_);
  return true;
}

bool Environment::cancel(Task& task) {
  task.aborted = true;
  if (!Scheduler::instance().cancel(task.ticket_)) return false;
  finished(task);
  return true;
}

void Environment::finished(Task& task) {
  std::list<std::shared_ptr<Task>> dropped;  // destroyed after the lock is released
  // Notified with the lock held: close() may destroy this object as soon as it sees the list empty.
  const std::lock_guard lock(mutex_);
  std::list<std::shared_ptr<Task>>& to = closed_ ? dropped : finished_;
  const bool first = finished_.empty();
  // Nothing is allocated here: the task may have failed for lack of memory.
  to.splice(to.end(), working_, task.place_);
  if (!closed_ && first) completion_.ask();
  if (working_.empty()) idle_.notify_all();
}

void Environment::settleFinished(Napi::Env env) {
#if defined(__wasm__)
  if (Scheduler::instance().runNext() > 0) completion_.ask();
#endif
  std::list<std::shared_ptr<Task>> finished;
  {
    const std::lock_guard lock(mutex_);
    finished.swap(finished_);
  }
  unsettled_ -= static_cast<int>(finished.size());
  if (unsettled_ == 0) completion_.unref(env);
  for (const std::shared_ptr<Task>& task : finished) {
    const Napi::HandleScope scope(env);
    task->settle(env);
  }
}

void Environment::stop() {
  UniqueLock lock(mutex_);
  closed_ = true;
  for (auto next = working_.begin(); next != working_.end();) {
    const auto task = next++;
    (*task)->aborted = true;
    if (Scheduler::instance().cancel((*task)->ticket_)) working_.erase(task);
  }
  // Running work reads memory that this environment owns; it stops at its next operation.
  idle_.wait(lock, [this] { return working_.empty(); });
}

void Environment::close() {
  OpenEnvironments::instance().remove(*this);
  stop();
  completion_.release();
}

}  // namespace gdws
