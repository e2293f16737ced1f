#include "engine/scheduler.h"

#include <algorithm>
#include <iterator>
#include <thread>

#include "engine/concurrency.h"

namespace gdws {

Scheduler& Scheduler::instance() {
  static Scheduler* const scheduler = new Scheduler(availableConcurrency());
  return *scheduler;
}

void Scheduler::submit(std::function<void()> job, int threads) {
  const std::lock_guard lock(mutex_);
  queue_.push_back({std::move(job), std::min(threads, processors_)});
  dispatch();
}

void Scheduler::runAndWait(const std::function<void()>& job, int threads) {
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  submit(
      [&] {
        job();
        const std::lock_guard lock(mutex);
        done = true;
        ended.notify_one();
      },
      threads);
  std::unique_lock lock(mutex);
  ended.wait(lock, [&] { return done; });
}

Scheduler::Load Scheduler::load() {
  const std::lock_guard lock(mutex_);
  return {queue_.size(), running_, busyThreads_};
}

void Scheduler::dispatch() {
  // Strictly in order: a job that wants many threads is not overtaken for ever by small ones.
  while (!queue_.empty() && (busyThreads_ == 0 || busyThreads_ + queue_.front().threads <= processors_)) {
    Worker& worker = workerFor(queue_.front().threads);
    worker.job = std::move(queue_.front());
    queue_.pop_front();
    worker.hasJob = true;
    ++running_;
    busyThreads_ += worker.job.threads;
    worker.wake.notify_one();
  }
}

Scheduler::Worker& Scheduler::workerFor(int threads) {
  if (idle_.empty()) {
    auto* const worker = new Worker;
    worker->team = threads;
    std::thread([this, worker] { serve(*worker); }).detach();
    return *worker;
  }
  // The largest team for a job of several threads, the smallest for one of one; of equals the last to have worked.
  const auto chosen = std::min_element(idle_.rbegin(), idle_.rend(), [threads](const Worker* a, const Worker* b) {
    return threads > 1 ? a->team > b->team : a->team < b->team;
  });
  Worker& worker = **chosen;
  idle_.erase(std::next(chosen).base());
  worker.team = std::max(worker.team, threads);
  return worker;
}

void Scheduler::serve(Worker& worker) {
  std::unique_lock lock(mutex_);
  for (;;) {
    worker.wake.wait(lock, [&] { return worker.hasJob; });
    Job job = std::move(worker.job);
    lock.unlock();
    job.work();
    // What the job holds goes before the next begins.
    job.work = nullptr;
    lock.lock();
    worker.hasJob = false;
    --running_;
    busyThreads_ -= job.threads;
    idle_.push_back(&worker);
    dispatch();
  }
}

}  // namespace gdws
