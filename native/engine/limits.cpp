#include "engine/limits.h"

#include <atomic>

#include "base/placement.h"
#include "base/run_team.h"
#include "base/scheduler.h"
#include "base/team.h"
#include "kernels/vector/integer_functions.h"
#include "kernels/vector/table.h"

namespace gdws {

namespace {

/// The sum of work(team) over the team that runs use, too. With a second team, GCC's runtime would see more threads
/// than processors and put waiting threads to sleep at once.
template <class Number, class Work>
Number sumOverTeam(int threads, const Work& work) {
  std::atomic<Number> sum{0};
  const auto job = [&] {
    const Placement placement(threads);
    runTeam(threads, [&](const Team& team) {
      placement.bind(team.index);
      sum += work(team);
    });
  };
  Scheduler::instance().runAndWait(job, threads);
  return sum;
}

}  // namespace

int64_t multiplyAdds(int threads, int64_t rounds) {
  const VectorTable& vectors = bestVectors();
  return sumOverTeam<int64_t>(threads, [&](const Team&) {
    // A sum that is multiplied by -2 and added to itself changes its sign, and stays a normal number.
    alignas(64) float memory[64];
    for (float& number : memory) number = -2.0f;
    return vectors.product.multiplyAdds(rounds, memory) * vectors.lanes;
  });
}

int64_t multiplyAddsOfBytes(int threads, int64_t rounds) {
  const IntegerFunctions& integers = *bestVectors().integers;
  return sumOverTeam<int64_t>(threads, [&](const Team&) {
    alignas(64) int32_t memory[64];
    for (int32_t& word : memory) word = 0x01020304;
    return integers.multiplyAdds(rounds, memory) * integers.lanes * integers.depthPerWord;
  });
}

double readMemory(int threads, const float* x, size_t count, int64_t passes) {
  const VectorTable& vectors = bestVectors();
  return sumOverTeam<double>(threads, [&](const Team& team) {
    const Range part = team.share(static_cast<int64_t>(count));
    double sum = 0;
    for (int64_t pass = 0; pass < passes; ++pass) sum += vectors.product.read(x + part.begin, part.end - part.begin);
    return sum;
  });
}

}  // namespace gdws
