#include "base/scheduler.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <new>

#include "base/concurrency.h"
#include "base/placement.h"
#include "base/thread.h"

namespace gdws {

Scheduler& Scheduler::instance() {
  static Scheduler* const scheduler = new Scheduler(availableConcurrency());
  return *scheduler;
}

Scheduler::Ticket Scheduler::submit(std::function<void()> job, int threads) {
  const std::lock_guard lock(mutex_);
  // With one worker all jobs get their turn, even where the system grants no more threads.
  if (workers_ == 0) {
    Worker* const first = newWorker();
    if (first == nullptr) throw std::bad_alloc();
    idle_.push_back(first);
  }
  const Ticket ticket = nextTicket_++;
  queue_.emplace_hint(queue_.end(), ticket, Job{std::move(job), std::min(threads, processors_), threads});
  dispatch();
  return ticket;
}

bool Scheduler::cancel(Ticket ticket) {
  std::map<Ticket, Job>::node_type cancelled;  // destroyed after the lock is released
  const std::lock_guard lock(mutex_);
  cancelled = queue_.extract(ticket);
  // The jobs behind it may fit.
  if (!cancelled.empty()) dispatch();
  return !cancelled.empty();
}

bool Scheduler::runHere(const std::function<void()>& job) {
  std::unique_lock lock(mutex_);
  if (!queue_.empty() || !fits(1)) return false;
  begin(1);
  lock.unlock();
  try {
    job();
  } catch (...) {
    lock.lock();
    end(1);
    throw;
  }
  lock.lock();
  end(1);
  return true;
}

void Scheduler::runAndWait(const std::function<void()>& job, int threads) {
  if (threads == 1 && runHere(job)) return;
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  std::exception_ptr failure;
  submit(
      [&] {
        try {
          job();
        } catch (...) {
          failure = std::current_exception();
        }
        const std::lock_guard lock(mutex);
        done = true;
        ended.notify_one();
      },
      threads);
  std::unique_lock lock(mutex);
  ended.wait(lock, [&] { return done; });
  if (failure) std::rethrow_exception(failure);
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
  // Strictly in order: otherwise small jobs could delay one of many threads for ever.
  while (!queue_.empty() && fits(queue_.begin()->second.threads)) {
    Worker* const worker = workerFor(queue_.begin()->second.threads);
    if (worker == nullptr) return;
    worker->job = std::move(queue_.begin()->second);
    queue_.erase(queue_.begin());
    worker->hasJob = true;
    begin(worker->job.threads);
    worker->wake.notify_one();
  }
}

Scheduler::Worker* Scheduler::newWorker() {
  // A new thread inherits the affinity of the thread that creates it.
  Placement::release();
  try {
    idle_.reserve(workers_ + 1);
    auto worker = std::make_unique<Worker>();
    startThread([this, made = worker.get()] { serve(*made); });
    ++workers_;
    return worker.release();
  } catch (const std::exception&) {
    return nullptr;
  }
}

Scheduler::Worker* Scheduler::workerFor(int threads) {
  if (idle_.empty()) {
    Worker* const worker = newWorker();
    if (worker != nullptr) worker->team = threads;
    return worker;
  }
  // The worker with the largest team for a job of several threads, with the smallest for a job of one; of equal ones
  // the one that worked last.
  const auto chosen = std::min_element(idle_.rbegin(), idle_.rend(), [threads](const Worker* a, const Worker* b) {
    return threads > 1 ? a->team > b->team : a->team < b->team;
  });
  Worker* const worker = *chosen;
  idle_.erase(std::next(chosen).base());
  worker->team = std::max(worker->team, threads);
  return worker;
}

void Scheduler::serve(Worker& worker) {
  std::unique_lock lock(mutex_);
  for (;;) {
    worker.wake.wait(lock, [&] { return worker.hasJob.load(); });
    Job job = std::move(worker.job);
    lock.unlock();
    // A team of another size may have been bound; this one, and threads that it adds, must not be.
    if (job.team != worker.lastTeam) Placement::release();
    worker.lastTeam = job.team;
    job.work();
    // Destroys what the job holds before the next begins.
    job.work = nullptr;
    lock.lock();
    worker.hasJob = false;
    idle_.push_back(&worker);
    end(job.threads);
    // The caller often submits the next run soon. It needs a processor itself, so that the worker of a team on all
    // processors sleeps: no gain of spinning could be measured there.
    if (running_ > 0 || job.threads >= processors_) continue;
    lock.unlock();
    spin_.until([&] { return worker.hasJob.load(std::memory_order_relaxed); });
    lock.lock();
  }
}

}  // namespace gdws
