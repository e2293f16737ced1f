// Plans random programs, and checks each plan by the rule (engine/verify_plan.h) and by a run with marks
// (shadow_run.h). Then it changes each plan, and the rule has to find each change that makes the run wrong.
//   plan_tests [--programs <count>] [--seed <first>]
// Prints one JSON line. Exit code 1 where a plan is wrong, or the rule does not see that it is.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "engine/arena.h"
#include "engine/verify_plan.h"
#include "native/plan/random_program.h"
#include "native/plan/shadow_run.h"

namespace gdws::test {

namespace {

struct Report {
  int failures = 0;
  size_t arenaBytes = 0;  ///< of all plans together
  int spoilt = 0;         ///< changed plans that do harm, as both say
  int unharmed = 0;       ///< changed plans that do none, as both say
  int harmless = 0;       ///< changed plans that break the rule without harm

  void fail(uint64_t seed, const std::string& what) {
    if (++failures <= 5) std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed), what.c_str());
  }
};

std::string verdictOfRule(const PlannedProgram& planned, size_t reservedBytes, const MemoryPlan& plan) {
  try {
    verifyPlan(planned.program, planned.overwrites, reservedBytes, plan);
  } catch (const PlanError& error) {
    return error.what();
  }
  return {};
}

/// Moves a value, as a planner with a fault might have placed it.
void spoil(const Program& program, MemoryPlan& plan, Random& random) {
  const auto anyOf = [&](size_t count) {
    return static_cast<size_t>(random.integer(0, static_cast<int64_t>(count) - 1));
  };
  const size_t id = anyOf(plan.places.size()), other = anyOf(plan.places.size());
  const auto steps = static_cast<size_t>(random.integer(0, 8));
  switch (random.integer(0, 3)) {
    case 0:
      plan.places[id] = plan.places[other];
      break;
    case 1:
      plan.places[id].offset = steps * memoryAlignment;
      break;
    case 2:
      plan.places[id] = {Place::Kind::arena, steps * memoryAlignment, -1};
      break;
    default: {
      const size_t k = anyOf(program.outputs.size());
      plan.outputCopied[k] = !plan.outputCopied[k];
    }
  }
}

void check(uint64_t seed, Report& report) {
  Random random(seed);
  // Many blocks are placed in another way than few (engine/arena.cpp).
  const int operations = seed % 1000 == 500 ? 7000 : static_cast<int>(random.integer(1, 25));
  const PlannedProgram planned = randomProgram(random, operations);
  const size_t reservedBytes = static_cast<size_t>(random.choose({0, 0, 100, 256}));
  const MemoryPlan plan = planMemory(planned.program, planned.overwrites, reservedBytes);
  report.arenaBytes += plan.arenaBytes;
  const std::string broken = verdictOfRule(planned, reservedBytes, plan);
  const std::string lost = shadowRun(planned, reservedBytes, plan);
  if (!broken.empty() || !lost.empty()) return report.fail(seed, "rule: " + broken + "; run: " + lost);
  for (int i = 0; i < 4; ++i) {
    MemoryPlan changed = plan;
    spoil(planned.program, changed, random);
    const std::string byRule = verdictOfRule(planned, reservedBytes, changed);
    const std::string byRun = shadowRun(planned, reservedBytes, changed);
    if (byRule.empty() && !byRun.empty()) report.fail(seed, "of a spoilt plan the rule does not see: " + byRun);
    // Two concatenations of the same values may lie over one another without harm, which the rule does not allow.
    ++(!byRun.empty() ? report.spoilt : byRule.empty() ? report.unharmed : report.harmless);
  }
}

struct Options {
  uint64_t programs = 3000;
  uint64_t seed = 1;
};

Options parse(int count, char** words) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = words[i];
    if (name == "--programs") options.programs = std::strtoull(words[i + 1], nullptr, 10);
    if (name == "--seed") options.seed = std::strtoull(words[i + 1], nullptr, 10);
  }
  return options;
}

}  // namespace

}  // namespace gdws::test

int main(int count, char** words) {
  using namespace gdws::test;
  const Options options = parse(count, words);
  Report report;
  for (uint64_t seed = options.seed; seed < options.seed + options.programs; ++seed) check(seed, report);
  std::printf("{\"programs\":%llu,\"failures\":%d,\"arenaBytes\":%zu,\"spoilt\":%d,\"unharmed\":%d,\"harmless\":%d}\n",
              static_cast<unsigned long long>(options.programs), report.failures, report.arenaBytes, report.spoilt,
              report.unharmed, report.harmless);
  return report.failures == 0 ? 0 : 1;
}
