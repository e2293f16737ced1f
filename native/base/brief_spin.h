#pragma once

#include <atomic>

namespace gdws {

/// Waits for a flag without sleeping, where it is likely to be set soon: to wake a sleeping thread takes tens of
/// microseconds, also because an idle processor has to leave its power-saving state.
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
