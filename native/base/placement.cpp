#include "base/placement.h"

#include <algorithm>

#if defined(__linux__)
#include <sched.h>
#include <unistd.h>
#endif

namespace gdws {

#if defined(__linux__)

namespace {

thread_local bool bound = false;

/// The affinity of the process's first thread, which is never bound here.
bool readAllowed(cpu_set_t& allowed) { return sched_getaffinity(getpid(), sizeof allowed, &allowed) == 0; }

}  // namespace

Placement::Placement(int threads) {
  cpu_set_t allowed;
  if (threads < 2 || !readAllowed(allowed) || CPU_COUNT(&allowed) != threads) {
    release();
    return;
  }
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (CPU_ISSET(processor, &allowed)) processors_.push_back(processor);
  }
  // The first thread stays where it is.
  const auto own = std::find(processors_.begin(), processors_.end(), sched_getcpu());
  if (own != processors_.end()) std::iter_swap(processors_.begin(), own);
}

void Placement::bind(int index) const {
  if (static_cast<size_t>(index) >= processors_.size()) return release();
  cpu_set_t wanted, current;
  CPU_ZERO(&wanted);
  CPU_SET(processors_[index], &wanted);
  // Read each time, since another process may change it (taskset); it takes a fraction of a microsecond.
  if (sched_getaffinity(0, sizeof current, &current) == 0 && CPU_EQUAL(&current, &wanted)) return;
  if (sched_setaffinity(0, sizeof wanted, &wanted) == 0) bound = true;
}

void Placement::release() {
  cpu_set_t allowed;
  if (!bound || !readAllowed(allowed)) return;
  sched_setaffinity(0, sizeof allowed, &allowed);
  bound = false;
}

#else

Placement::Placement(int) {}

void Placement::bind(int) const {}

void Placement::release() {}

#endif

}  // namespace gdws
