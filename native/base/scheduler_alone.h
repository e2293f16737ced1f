#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

namespace gdws {

/// The scheduler where there is one thread: jobs wait until that thread calls runNext(), and each counts as one thread.
/// What the functions do is the same as where there are more (base/scheduler.h).
class Scheduler {
 public:
  static Scheduler& instance();

  using Ticket = uint64_t;
  Ticket submit(std::function<void()> job, int threads);
  bool cancel(Ticket ticket);
  bool runHere(const std::function<void()>& job);
  /// Runs the job at once, before those that wait.
  void runAndWait(const std::function<void()>& job, int threads);

  /// Runs the first of the jobs that wait, if any does, and returns how many are left.
  size_t runNext();

  struct Load {
    size_t queued;
    size_t running;
    int threads;
  };
  Load load() const { return {queue_.size(), running_, static_cast<int>(running_)}; }

 private:
  std::map<Ticket, std::function<void()>> queue_;  ///< in order
  Ticket nextTicket_ = 0;
  size_t running_ = 0;
};

}  // namespace gdws
