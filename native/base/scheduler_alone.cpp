#if defined(__wasm__)

#include <utility>

#include "base/scheduler.h"

namespace gdws {

Scheduler& Scheduler::instance() {
  static Scheduler* const scheduler = new Scheduler;
  return *scheduler;
}

Scheduler::Ticket Scheduler::submit(std::function<void()> job, int) {
  const Ticket ticket = nextTicket_++;
  queue_.emplace_hint(queue_.end(), ticket, std::move(job));
  return ticket;
}

bool Scheduler::cancel(Ticket ticket) { return queue_.erase(ticket) > 0; }

bool Scheduler::runHere(const std::function<void()>& job) {
  if (!queue_.empty() || running_ > 0) return false;
  runAndWait(job, 1);
  return true;
}

void Scheduler::runAndWait(const std::function<void()>& job, int) {
  struct Count {
    size_t& running;
    explicit Count(size_t& counted) : running(counted) { ++running; }
    ~Count() { --running; }
  };
  const Count count(running_);
  job();
}

size_t Scheduler::runNext() {
  if (queue_.empty()) return 0;
  const auto first = queue_.extract(queue_.begin());
  runAndWait(first.mapped(), 1);
  return queue_.size();
}

}  // namespace gdws

#endif
