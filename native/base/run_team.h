#pragma once

#include "base/team.h"

namespace gdws {

/// What each thread of a team does.
struct TeamWork {
  const void* work;
  void (*call)(const void* work, const Team& team);

  void operator()(const Team& team) const { call(work, team); }
};

/// As `runTeam`, of more than one thread. By OpenMP where the compiler has it (run_team_openmp.cpp), else by threads of
/// its own (run_team_threads.cpp); WebAssembly has none (run_team_alone.cpp).
void runThreads(int threads, TeamWork work);

/// Calls work(team) on each thread of a team of `threads` threads, of which the calling thread is the first, and
/// returns when all calls have. `work` must not throw. The team's other threads stay with the calling thread, for its
/// next one. Throws std::bad_alloc, before the first call, where the system does not grant the threads.
template <class Work>
void runTeam(int threads, const Work& work) {
  if (threads < 2) return work(Team{0, 1});
  runThreads(threads, {&work, [](const void* given, const Team& team) { (*static_cast<const Work*>(given))(team); }});
}

}  // namespace gdws
