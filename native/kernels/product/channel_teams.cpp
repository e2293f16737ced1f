#include "kernels/product/channel_teams.h"

#include <cmath>

namespace gdws {

double teamCycles(int64_t items, int64_t parts, const ItemCycles& cycles, int threads, int teams) {
  const auto itemCount = static_cast<double>(items), partCount = static_cast<double>(parts);
  return std::ceil(itemCount / (threads / teams)) *
         (cycles.columns + cycles.products * std::ceil(partCount / teams) / partCount);
}

int channelTeams(int64_t items, int64_t parts, const ItemCycles& cycles, int threads) {
  int best = 1;
  double bestCycles = 0;
  for (int teams = 1; teams <= threads; ++teams) {
    if (threads % teams != 0) continue;
    const double estimate = teamCycles(items, parts, cycles, threads, teams);
    if (bestCycles == 0 || estimate < bestCycles) {
      bestCycles = estimate;
      best = teams;
    }
  }
  return best;
}

}  // namespace gdws
