#include "engine/placement.h"

#include <algorithm>

#if defined(__linux__)
#include <sched.h>
#endif

namespace gdws {

#if defined(__linux__)

namespace {

void allow(const int* first, const int* last) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (; first != last; ++first) CPU_SET(*first, &set);
  sched_setaffinity(0, sizeof set, &set);
}

}  // namespace

Placement::Placement(int threads) {
  cpu_set_t allowed;
  if (threads < 2 || sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) != threads) return;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (CPU_ISSET(processor, &allowed)) processors_.push_back(processor);
  }
  // The first thread stays where it is.
  const auto own = std::find(processors_.begin(), processors_.end(), sched_getcpu());
  if (own != processors_.end()) std::iter_swap(processors_.begin(), own);
}

void Placement::bind(int index) const {
  if (static_cast<size_t>(index) < processors_.size()) allow(&processors_[index], &processors_[index] + 1);
}

void Placement::release() const {
  if (!processors_.empty()) allow(processors_.data(), processors_.data() + processors_.size());
}

#else

Placement::Placement(int) {}

void Placement::bind(int) const {}

void Placement::release() const {}

#endif

}  // namespace gdws
