// Runs teams of random sizes on several threads at once, and checks that each thread of a team is called once, that
// none passes a meeting before all have come, and that all calls have ended when runTeam returns:
//   team_tests [<callers> [<teams of each> [<seed>]]]
// Exit code 1 where it is not so.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "base/run_team.h"
#include "native/random.h"

namespace gdws::test {

namespace {

constexpr int largestTeam = 6;
constexpr int meetings = 5;

std::atomic<int> failures{0};

void expect(bool holds, const char* what) {
  if (!holds && failures.fetch_add(1) < 10) std::fprintf(stderr, "%s\n", what);
}

/// One team; `sleeper` comes to its meetings late, so that the others sleep.
void runOne(int threads, int sleeper) {
  // Plain ints: to read one that is being written is the fault that ThreadSanitizer is to see.
  std::vector<int> last(static_cast<size_t>(threads), 0), calls(static_cast<size_t>(threads), 0);
  runTeam(threads, [&](const Team& team) {
    expect(team.size == threads, "a team has another size");
    expect(team.index >= 0 && team.index < threads, "an index is not of the team");
    const auto own = static_cast<size_t>(team.index);
    ++calls[own];
    for (int meeting = 1; team.size > 1 && meeting <= meetings; ++meeting) {
      if (team.index == sleeper) std::this_thread::sleep_for(std::chrono::microseconds(300));
      last[own] = meeting;
      team.meeting->wait();
      for (const int other : last) expect(other == meeting, "a thread passed a meeting before all had come");
      team.meeting->wait();
    }
    if (team.index == sleeper) std::this_thread::sleep_for(std::chrono::microseconds(300));
    calls[own] += 10;
  });
  for (const int count : calls) expect(count == 11, "a thread was not called once, or its call had not ended");
}

void runMany(int teams, uint64_t seed) {
  Random random(seed);
  for (int i = 0; i < teams; ++i) {
    const int threads = static_cast<int>(random.integer(1, largestTeam));
    runOne(threads, random.chance(0.05) ? static_cast<int>(random.integer(0, threads - 1)) : -1);
  }
}

int run(int callers, int teams, uint64_t seed) {
  // Twice: the threads that the first callers left behind end beside the second callers.
  for (int round = 0; round < 2; ++round) {
    std::vector<std::thread> threads;
    for (int caller = 0; caller < callers; ++caller) {
      threads.emplace_back(runMany, teams, seed + static_cast<uint64_t>(round * callers + caller));
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::printf("%d failures\n", failures.load());
  return failures.load() == 0 ? 0 : 1;
}

}  // namespace

}  // namespace gdws::test

int main(int count, char** arguments) {
  const auto number = [&](int index, int otherwise) { return index < count ? std::atoi(arguments[index]) : otherwise; };
  return gdws::test::run(number(1, 3), number(2, 300), static_cast<uint64_t>(number(3, 1)));
}
