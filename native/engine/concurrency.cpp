#include "engine/concurrency.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace gdws {

namespace {

int affinityCount() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

/// Processors that the cgroup's quota amounts to, or 0 where it sets no limit.
double cgroupQuota() {
  std::ifstream unified("/sys/fs/cgroup/cpu.max");
  std::string quotaWord;
  double period = 0;
  if (unified >> quotaWord >> period && quotaWord != "max" && period > 0) {
    return std::max(0.0, std::strtod(quotaWord.c_str(), nullptr) / period);
  }
  std::ifstream quotaFile("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream periodFile("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  double quota = 0;
  if (quotaFile >> quota && periodFile >> period && quota > 0 && period > 0) return quota / period;
  return 0;
}

}  // namespace

int Concurrency::available() const {
  return quota > 0 ? std::max(1, std::min(affinity, static_cast<int>(std::ceil(quota)))) : affinity;
}

const Concurrency& concurrency() {
  static const Concurrency found{affinityCount(), cgroupQuota()};
  return found;
}

int availableConcurrency() { return concurrency().available(); }

}  // namespace gdws
