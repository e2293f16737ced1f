#pragma once

#include <cstdint>

namespace gdws {

/// A product's estimated cycles for one item, a tile of a group.
struct ItemCycles {
  double columns;   ///< to make its columns, which each team does for itself
  double products;  ///< to multiply them by the weights of all output channels
};

/// The estimated cycles of the busiest thread where `threads` threads form `teams` teams, as below.
double teamCycles(int64_t items, int64_t parts, const ItemCycles& cycles, int threads, int teams);

/// How many teams the threads form, so that the busiest thread has the least to do: `items` are divided among the
/// threads of a team, the `parts` of the output channels among the teams.
int channelTeams(int64_t items, int64_t parts, const ItemCycles& cycles, int threads);

}  // namespace gdws
