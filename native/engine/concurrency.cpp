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

/// Processors a quota of microseconds per period amounts to, at least 1.
int processors(double quota, double period) { return std::max(1, static_cast<int>(std::ceil(quota / period))); }

/// The processors that the cgroup allows, or `most` where it sets no limit.
int quotaCount(int most) {
  std::ifstream unified("/sys/fs/cgroup/cpu.max");
  std::string quotaWord;
  double period = 0;
  if (unified >> quotaWord >> period && quotaWord != "max" && period > 0) {
    return std::min(most, processors(std::strtod(quotaWord.c_str(), nullptr), period));
  }
  std::ifstream quotaFile("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream periodFile("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  double quota = 0;
  if (quotaFile >> quota && periodFile >> period && quota > 0 && period > 0) {
    return std::min(most, processors(quota, period));
  }
  return most;
}

}  // namespace

int availableConcurrency() {
  static const int available = quotaCount(affinityCount());
  return available;
}

}  // namespace gdws
