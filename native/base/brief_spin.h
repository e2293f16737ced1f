#pragma once

#include <chrono>

namespace gdws {

/// Waits without sleeping for what is likely to come soon: to wake a sleeping thread takes tens of microseconds, also
/// because an idle processor has to leave its power-saving state.
class BriefSpin {
 public:
  /// Does not wait where the process has one processor, or where the environment asks OpenMP's threads to sleep
  /// (GOMP_SPINCOUNT=0, or else OMP_WAIT_POLICY=passive).
  explicit BriefSpin(int processors);

  /// Of the process.
  int processors() const { return processors_; }

  /// Returns once `hasCome()` is true, at the latest after the bound.
  template <class HasCome>
  void until(const HasCome& hasCome) const {
    if (!spins_) return;
    const Clock::time_point end = Clock::now() + bound;
    while (!hasCome() && Clock::now() < end) {
      for (int turn = 0; turn < 8; ++turn) pause();
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// The time between two runs in a loop that awaits each: JavaScript's thread wakes, does its work and submits the
  /// next.
  static constexpr std::chrono::microseconds bound{100};

  static void pause();

  int processors_;
  bool spins_;
};

}  // namespace gdws
