#include "engine/stopwatch.h"

#include <atomic>
#include <chrono>

#if defined(__linux__)
#include <unistd.h>
#endif

#include "base/placement.h"
#include "base/run_team.h"

namespace gdws {

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t cacheLine = 64;

size_t secondLevelCacheBytes() {
#if defined(_SC_LEVEL2_CACHE_SIZE)
  const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
  if (bytes > 0 && bytes <= (8 << 20)) return static_cast<size_t>(bytes);
#endif
  return 1 << 20;
}

/// Reads every line, and returns something that depends on it.
char touch(const char* bytes, size_t count) {
  char all = 0;
  for (size_t i = 0; i < count; i += cacheLine) all ^= bytes[i];
  return all;
}

}  // namespace

Stopwatch::Stopwatch(int threads) : threads_(threads), ballast_(static_cast<size_t>(threads)) {
  for (auto& bytes : ballast_) bytes.resize(secondLevelCacheBytes() * 5 / 4, 1);
}

double Stopwatch::time(const Kernel& kernel, const Buffers& buffers, const void* input, size_t bytes) {
  Clock::time_point begin, end;
  std::atomic<char> sink{0};
  const Placement placement(threads_);
  runTeam(threads_, [&](const Team& team) {
    const auto meet = [&] {
      if (team.size > 1) team.meeting->wait();
    };
    placement.bind(team.index);
    const auto& ballast = ballast_[static_cast<size_t>(team.index)];
    const char driven = touch(ballast.data(), ballast.size());
    const Range share = team.share(static_cast<int64_t>(bytes), cacheLine);
    const char fetched =
        touch(static_cast<const char*>(input) + share.begin, static_cast<size_t>(share.end - share.begin));
    sink.fetch_xor(static_cast<char>(driven ^ fetched), std::memory_order_relaxed);
    meet();
    if (team.index == 0) begin = Clock::now();
    kernel.run(buffers, team);
    meet();
    if (team.index == 0) end = Clock::now();
  });
  return std::chrono::duration<double>(end - begin).count();
}

}  // namespace gdws
