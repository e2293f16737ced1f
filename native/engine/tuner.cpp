#include "engine/tuner.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <new>
#include <vector>

#include "base/counters.h"
#include "engine/compiled_program.h"
#include "engine/kernel_choice.h"
#include "engine/measured_kernels.h"
#include "engine/operation_key.h"
#include "engine/operation_sample.h"

namespace gdws {

namespace {

using Clock = std::chrono::steady_clock;

/// Timed runs of each kernel, in turn.
constexpr int repetitions = 4;
/// The gain for which a kernel replaces the one with the lowest estimate, required of its fastest run and of its
/// median: on a busy machine the two may disagree, and a wrong choice would stay.
constexpr double margin = 0.03;
/// A kernel slower than the fastest by this factor is timed once only, unless it has the lowest estimate.
constexpr double hopeless = 1.3;
/// A kernel is not timed where its estimate is this many times the lowest.
constexpr double unlikely = 3;
/// Multiply-accumulates for each thread beyond which a convolution is measured on a part of its map.
constexpr double maxWork = 40e6;

double secondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// The rivals that are worth a try.
std::vector<Rival> likelyRivals(const OperationView& operation, const KernelContext& context) {
  auto rivals = rivalsFor(operation, context);
  const double lowest = rivals.front().cycles;
  std::erase_if(rivals, [&](const Rival& rival) { return rival.cycles > unlikely * lowest; });
  return rivals;
}

/// Packed weights that live as long as the kernel they were made for.
struct OwnWeights final : PackedWeights {
  std::shared_ptr<const float[]> find(const std::string&,
                                      const std::function<std::shared_ptr<const float[]>()>& pack) override {
    return pack();
  }
};

/// A kernel that is timed.
struct Runner {
  const KernelDefinition* definition;
  std::unique_ptr<Kernel> kernel;
  std::vector<double> times{};

  double best() const { return *std::min_element(times.begin(), times.end()); }
  double median() const {
    std::vector<double> sorted = times;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

}  // namespace

Tuner::Tuner(const Program& program, const VectorTable& vectors, int threads)
    : values_(program.values), vectors_(vectors), threads_(threads) {
  OwnWeights weights;
  const KernelContext context{vectors, weights, threads};
  for (const Operation& operation : program.operations) {
    if (operation.opcode == Opcode::alias) continue;
    const OperationView view(program, operation);
    double cycles;
    try {
      const auto rivals = likelyRivals(view, context);
      if (rivals.size() < 2 || !OperationSample::fits(view)) continue;
      cycles = rivals.front().cycles;
    } catch (const ProgramError&) {
      continue;
    }
    std::string key = keyOf(view, threads);
    if (MeasuredKernels::instance().find(key) != nullptr) continue;
    const auto same = std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& job) { return job.key == key; });
    if (same != jobs_.end()) {
      same->cycles += cycles;
    } else {
      jobs_.push_back({std::move(key), operation, cycles});
    }
  }
  std::stable_sort(jobs_.begin(), jobs_.end(), [](const Job& a, const Job& b) { return a.cycles > b.cycles; });
  // The caller's constants may be gone when the measuring begins.
  for (Value& value : values_) value.data = nullptr;
}

std::vector<Tuner::Choice> Tuner::run(double seconds, const std::atomic<bool>& aborted) {
  const auto begin = Clock::now();
  std::vector<Choice> choices;
  try {
    Stopwatch stopwatch(threads_);
    for (const Job& job : jobs_) {
      const double left = seconds - secondsSince(begin);
      if (left <= 0 || aborted) break;
      // Another program may have measured it since the list was made.
      if (MeasuredKernels::instance().find(job.key) != nullptr) continue;
      const KernelDefinition* fastest = fastestOf(job, stopwatch, left, aborted);
      if (fastest == nullptr) continue;
      MeasuredKernels::instance().remember(job.key, *fastest);
      ++Counters::instance().operationsMeasured;
      choices.push_back({job.key, fastest});
    }
  } catch (const std::bad_alloc&) {
  }
  return choices;
}

const KernelDefinition* Tuner::fastestOf(const Job& job, Stopwatch& stopwatch, double seconds,
                                         const std::atomic<bool>& aborted) const {
  const auto begin = Clock::now();
  Program program;
  program.values = values_;
  program.operations.push_back(job.operation);
  const OperationView view(program, program.operations.front());
  OperationSample sample(view, maxWork * threads_);
  OwnWeights weights;
  KernelContext context{vectors_, weights, threads_};
  std::vector<Runner> runners;
  int64_t scratchBytes = 0;
  try {
    for (const auto& [definition, cycles] : likelyRivals(view, context)) {
      if (!definition->supports(sample.view(), context)) continue;
      runners.push_back({definition, definition->make(sample.view(), context)});
      scratchBytes = std::max(scratchBytes, runners.back().kernel->scratchBytes(threads_));
    }
  } catch (const ProgramError&) {
    return nullptr;
  }
  if (runners.empty()) return nullptr;
  const AlignedBytes scratch = allocateBytes(sizeOfMemory(scratchBytes));
  const Buffers buffers = sample.buffers(scratch.get());
  const size_t inputBytes = sample.view().input(0).bytes();
  const auto time = [&](const Runner& runner) {
    return stopwatch.time(*runner.kernel, buffers, buffers.inputs[0], inputBytes);
  };
  for (Runner& runner : runners) {
    // The first run is slower: its pages are new and threads sleep.
    time(runner);
    if (aborted) return nullptr;
    runner.times.push_back(time(runner));
  }
  const auto isBetter = [](const Runner& a, const Runner& b) { return a.best() < b.best(); };
  const double fastestFirst = std::min_element(runners.begin(), runners.end(), isBetter)->best();
  const KernelDefinition* expected = runners.front().definition;
  std::erase_if(runners, [&](const Runner& runner) {
    return runner.definition != expected && runner.best() > hopeless * fastestFirst;
  });
  for (int i = 1; i < repetitions && runners.size() > 1; ++i) {
    for (Runner& runner : runners) {
      if (aborted) return nullptr;
      runner.times.push_back(time(runner));
    }
    // An operation that was begun is decided, by fewer repetitions, so that every session measures some more.
    if (i > 1 && secondsSince(begin) > seconds) break;
  }
  const Runner& fastest = *std::min_element(runners.begin(), runners.end(), isBetter);
  const auto gains = [](double time, double expectedTime) { return time < (1 - margin) * expectedTime; };
  const bool certain =
      gains(fastest.best(), runners.front().best()) && gains(fastest.median(), runners.front().median());
  return certain ? fastest.definition : expected;
}

}  // namespace gdws
