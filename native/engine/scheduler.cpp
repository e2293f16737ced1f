#include "engine/scheduler.h"

#include <algorithm>
#include <iterator>
#include <thread>

#include "engine/concurrency.h"
#include "engine/placement.h"

namespace gdws {

Scheduler& Scheduler::instance() {
  static Scheduler* const scheduler = new Scheduler(availableConcurrency());
  return *scheduler;
}

void Scheduler::submit(std::function<void()> job, int threads) {
  const std::lock_guard lock(mutex_);
  queue_.push_back({std::move(job), std::min(threads, processors_), threads});
  dispatch();
}

void Scheduler::runAndWait(const std::function<void()>& job, int threads) {
  if (threads == 1) {
    std::unique_lock lock(mutex_);
    if (queue_.empty() && fits(1)) {
      begin(1);
      lock.unlock();
      job();
      lock.lock();
      end(1);
      return;
    }
  }
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

void Scheduler::begin(int threads) {
  ++running_;
  busyThreads_ += threads;
}

void Scheduler::end(int threads) {
  --running_;
  busyThreads_ -= threads;
  dispatch();
}

void Scheduler::dispatch() {
  // Strictly in order: a job that wants many threads is not overtaken for ever by small ones.
  while (!queue_.empty() && fits(queue_.front().threads)) {
    Worker& worker = workerFor(queue_.front().threads);
    worker.job = std::move(queue_.front());
    queue_.pop_front();
    worker.hasJob = true;
    begin(worker.job.threads);
    worker.wake.notify_one();
  }
}

Scheduler::Worker& Scheduler::workerFor(int threads) {
  if (idle_.empty()) {
    auto* const worker = new Worker;
    worker->team = threads;
    // A new thread is allowed the processors of the one that makes it.
    Placement::release();
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
    worker.wake.wait(lock, [&] { return worker.hasJob.load(); });
    Job job = std::move(worker.job);
    lock.unlock();
    // Where a team of another size was bound, this one is not to be, nor threads that it may add.
    if (job.team != worker.lastTeam) Placement::release();
    worker.lastTeam = job.team;
    job.work();
    // What the job holds goes before the next begins.
    job.work = nullptr;
    lock.lock();
    worker.hasJob = false;
    idle_.push_back(&worker);
    end(job.threads);
    // The caller often comes back with the next run. It needs a processor too, so that a full team's worker sleeps:
    // that its spinning saved time could not be measured.
    if (running_ > 0 || job.threads >= processors_) continue;
    lock.unlock();
    spin_.until(worker.hasJob);
    lock.lock();
  }
}

}  // namespace gdws
