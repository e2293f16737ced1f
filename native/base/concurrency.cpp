#include "base/concurrency.h"

#include <algorithm>
#include <cmath>
#if !defined(__wasm__)
#include <thread>
#endif

#if defined(__linux__)
#include <sched.h>

#include <cstdlib>
#include <fstream>
#include <string>
#elif defined(_WIN32)
#include <windows.h>

#include <bit>
#endif

namespace gdws {

namespace {

int affinityCount() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#elif defined(_WIN32)
  // Zeros where the process's threads are in more than one group of 64 processors.
  DWORD_PTR ofProcess = 0, ofSystem = 0;
  const bool isKnown = GetProcessAffinityMask(GetCurrentProcess(), &ofProcess, &ofSystem) != 0;
  if (isKnown && ofProcess != 0) return std::popcount(uint64_t{ofProcess});
#endif
#if defined(__wasm__)
  return 1;
#else
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
#endif
}

#if defined(__linux__)

/// The path of the process's cgroup, as /a/b, in the hierarchy of a version 1 controller; of version 2 for an empty
/// name.
std::string cgroupPath(const std::string& controller) {
  std::ifstream groups("/proc/self/cgroup");
  // Lines are number:controllers,…:path, with no controllers for version 2.
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = ',' + line.substr(first + 1, second - first - 1) + ',';
    const bool isWanted =
        controller.empty() ? controllers == ",," : controllers.find(',' + controller + ',') != std::string::npos;
    if (isWanted) return line.substr(second + 1);
  }
  return "/";
}

/// The least positive quota of a group's folder and of its parents; 0 where none has one. A container may not see the
/// folders of its own path; the root that it sees is then its group.
template <typename QuotaOf>
double minQuota(const std::string& root, std::string path, const QuotaOf& quotaOf) {
  double least = 0;
  for (;;) {
    while (!path.empty() && path.back() == '/') path.pop_back();
    const double quota = quotaOf(root + path);
    if (quota > 0 && (least == 0 || quota < least)) least = quota;
    if (path.empty()) return least;
    path.erase(path.find_last_of('/'));
  }
}

/// https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
double unifiedQuota(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || !(period > 0)) return 0;
  return std::strtod(quota.c_str(), nullptr) / period;
}

/// https://docs.kernel.org/scheduler/sched-bwc.html
double bandwidthQuota(const std::string& folder) {
  std::ifstream quotaFile(folder + "/cpu.cfs_quota_us");
  std::ifstream periodFile(folder + "/cpu.cfs_period_us");
  double quota = 0, period = 0;
  if (!(quotaFile >> quota) || !(periodFile >> period) || !(quota > 0) || !(period > 0)) return 0;
  return quota / period;
}

/// Processors that the cgroups' quotas amount to, or 0 where they set no limit.
double cgroupQuota() {
  const std::string root = "/sys/fs/cgroup";
  const double unified = minQuota(root, cgroupPath(""), unifiedQuota);
  if (unified > 0) return unified;
  return minQuota(root + "/cpu", cgroupPath("cpu"), bandwidthQuota);
}

#else

double cgroupQuota() { return 0; }

#endif

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
