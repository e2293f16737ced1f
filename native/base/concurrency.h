#pragma once

namespace gdws {

/// What limits the processors that this process may use at once.
struct Concurrency {
  int affinity;      ///< processors that it may run on
  double quota = 0;  ///< processors that its cgroup (version 1 or 2) pays for; 0 where it sets no limit

  /// Affinity cut by the quota, at least 1.
  int available() const;
};

/// As found when first asked for.
const Concurrency& concurrency();

/// concurrency().available()
int availableConcurrency();

}  // namespace gdws
