#pragma once

#include <atomic>

namespace gdws {

/// Waits awake for a flag that is about to be set: waking a thread that sleeps takes tens of microseconds, a good part
/// of them to bring an idle processor back.
class BriefSpin {
 public:
  /// Does not wait where the process has one processor, or where the environment asks OpenMP's threads to sleep
  /// (GOMP_SPINCOUNT=0, or else OMP_WAIT_POLICY=passive).
  explicit BriefSpin(int processors);

  /// Returns once `flag` is set, at the latest after the bound.
  void until(const std::atomic<bool>& flag) const;

 private:
  bool spins_;
};

}  // namespace gdws
