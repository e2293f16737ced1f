#include "addon/environment.h"

#include "engine/scheduler.h"

namespace gdws {

Environment::Environment(Napi::Env env) : env_(env), completion_(Completion::New(env, "gdws", 0, 1, this)) {
  // Nothing pending: an idle addon must not keep the process alive.
  completion_.Unref(env);
  // Hooks run latest first, so that this one comes before the completion function's own.
  napi_add_env_cleanup_hook(
      env, [](void* self) { static_cast<Environment*>(self)->close(); }, this);
}

Environment::~Environment() = default;

Environment& Environment::of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

void Environment::submit(std::shared_ptr<Task> task, int threads) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    working_.insert(task);
  }
  if (unsettled_++ == 0) completion_.Ref(env_);
  Scheduler::instance().submit(
      [this, task] {
        task->work();
        finished(task);
      },
      threads);
}

void Environment::finished(const std::shared_ptr<Task>& task) {
  // Notified with the lock held: close() may destroy this object as soon as it sees the set empty.
  const std::lock_guard lock(mutex_);
  if (!closed_) {
    auto* handed = new std::shared_ptr<Task>(task);
    if (completion_.NonBlockingCall(handed) != napi_ok) delete handed;
  }
  working_.erase(task);
  if (working_.empty()) idle_.notify_all();
}

void Environment::settleOnJavaScriptThread(Napi::Env env, Napi::Function, Environment* self,
                                           std::shared_ptr<Task>* handed) {
  const std::unique_ptr<std::shared_ptr<Task>> task(handed);
  if (env == nullptr || self == nullptr) return;  // the environment is going down
  if (--self->unsettled_ == 0) self->completion_.Unref(env);
  const Napi::HandleScope scope(env);
  (*task)->settle(env);
}

void Environment::close() {
  {
    std::unique_lock lock(mutex_);
    closed_ = true;
    for (const auto& task : working_) task->aborted = true;
    // Running work reads memory that goes with this environment; it stops at its next operation.
    idle_.wait(lock, [this] { return working_.empty(); });
  }
  completion_.Release();
}

}  // namespace gdws
