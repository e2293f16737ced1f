#pragma once

namespace gdws {

/// Processors this process may use at once: its CPU affinity, cut by the cgroup's quota (versions 1 and 2), at least 1.
int availableConcurrency();

}  // namespace gdws
