#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/counters.h"

namespace gdws {

/// What is kept of the runs of a session: nothing, the total time of each operation, or also when each operation ended.
enum class Profiling { off, totals, timelines };

/// When a run began, and when each of its steps ended, as far as it came.
using Timeline = std::vector<std::chrono::steady_clock::time_point>;

/// Time that one step of a program took in all its profiled runs.
struct StepTimes {
  std::atomic<int64_t> runs{0};
  std::atomic<int64_t> nanoseconds{0};
};

/// An operation in the profiled runs.
struct OperationProfile {
  size_t operation;  ///< its place in the program
  const char* kernel;
  int64_t runs;
  int64_t nanoseconds;  ///< from the end of the operation before, barrier included
};

using Profile = std::vector<OperationProfile>;

/// Follows one run on one thread: reads the clock at its ends, and after each step where there are `times` to fill.
/// Each reading is added to `timeline`, where there is one; it must have room for all.
class RunClock {
 public:
  explicit RunClock(StepTimes* times, Timeline* timeline = nullptr)
      : times_(times), timeline_(timeline), begin_(Clock::now()), last_(begin_) {
    if (timeline_ != nullptr) timeline_->push_back(begin_);
  }
  RunClock(const RunClock&) = delete;
  RunClock& operator=(const RunClock&) = delete;
  ~RunClock() {
    ++Counters::instance().runs;
    Counters::instance().nanoseconds += nanosecondsFrom(begin_, Clock::now());
  }

  void stepEnded(size_t step) {
    if (times_ == nullptr) return;
    const Clock::time_point now = Clock::now();
    times_[step].runs.fetch_add(1, std::memory_order_relaxed);
    times_[step].nanoseconds.fetch_add(nanosecondsFrom(last_, now), std::memory_order_relaxed);
    if (timeline_ != nullptr) timeline_->push_back(now);
    last_ = now;
  }

 private:
  using Clock = std::chrono::steady_clock;

  static int64_t nanosecondsFrom(Clock::time_point begin, Clock::time_point end) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(end - begin).count();
  }

  StepTimes* times_;
  Timeline* timeline_;
  Clock::time_point begin_;
  Clock::time_point last_;
};

}  // namespace gdws
