#pragma once

namespace gdws {

/// The limits of the number of processors that this process may use at once.
struct Concurrency {
  int affinity;      ///< processors that it may run on
  double quota = 0;  ///< processors' worth of time that its cgroup (version 1 or 2) allows; 0 for no limit

  /// Affinity cut by the quota, at least 1.
  int available() const;
};

/// As found when first asked for.
const Concurrency& concurrency();

/// concurrency().available()
int availableConcurrency();

}  // namespace gdws
