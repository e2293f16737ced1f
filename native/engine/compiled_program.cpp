#include "engine/compiled_program.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "base/counters.h"
#include "base/placement.h"
#include "base/run_team.h"
#include "engine/releasable_constants.h"
#include "engine/verify_plan.h"

namespace gdws {

namespace {

/// As many as runs went on at once.
constexpr size_t anyNumber = std::numeric_limits<size_t>::max();

void checkAlias(const OperationView& operation) {
  if (operation.inputCount() != 1 || operation.outputCount() != 1)
    operation.fail("an alias has one input and one output");
  if (operation.input(0).bytes() != operation.output(0).bytes())
    operation.fail("an alias changes the size of its value");
}

bool writesNothing(const OperationView& operation) {
  for (size_t k = 0; k < operation.outputCount(); ++k) {
    if (operation.output(k).elements > 0) return false;
  }
  return true;
}

}  // namespace

CompiledProgram::CompiledProgram(Program program, KernelContext& context, const KernelChoice& choose,
                                 const std::function<AlignedBytes(const Value&)>& retain,
                                 std::shared_ptr<RunMemories> memories, const std::atomic<bool>& aborted)
    : program_(std::move(program)),
      threads_(context.threads),
      constants_(program_.values.size()),
      memories_(std::move(memories)) {
  int64_t scratchBytes = 0;
  std::vector<int32_t> overwrites(program_.operations.size(), overwritesNothing);
  std::vector<std::vector<int32_t>> releasable;
  if (context.release) releasable = releasableConstants(program_);
  const auto addStep = [&](size_t i) {
    const Operation& operation = program_.operations[i];
    const OperationView view(program_, operation);
    if (operation.opcode == Opcode::alias) return checkAlias(view);
    const KernelDefinition& definition = choose(view, context);
    KernelContext own = context;
    if (context.release) {
      own.release = [&](const void* from, size_t bytes) {
        if (isWithinOne(program_, releasable[i], from, bytes)) context.release(from, bytes);
      };
    }
    Step step{&definition, definition.make(view, own), i, inputIds_.size(), outputIds_.size()};
    // Checked by its kernel, but not run: the loops over the other dims of an empty result may be 2^31 long.
    if (writesNothing(view)) return;
    // A run may have fewer threads, each of which then has more to do.
    for (int threads = 1; threads <= threads_; ++threads) {
      scratchBytes = std::max(scratchBytes, step.kernel->scratchBytes(threads));
    }
    overwrites[i] = definition.overwrites;
    for (size_t k = 0; k < operation.inputs.size(); ++k) {
      const int32_t id = operation.inputs[k];
      const bool read = id >= 0 && step.kernel->readsInput(k);
      inputIds_.push_back(read ? id : -1);
      if (read && program_.values[id].storage == Storage::constant && !constants_[id]) {
        constants_[id] = retain(program_.values[id]);
      }
    }
    outputIds_.insert(outputIds_.end(), operation.outputs.begin(), operation.outputs.end());
    steps_.push_back(std::move(step));
    if (!context.release) return;
    for (const int32_t id : releasable[i]) context.release(program_.values[id].data, program_.values[id].bytes());
  };
  for (size_t i = 0; i < program_.operations.size(); ++i) {
    if (aborted.load(std::memory_order_relaxed)) throw CompilationAborted();
    try {
      addStep(i);
    } catch (WeightsExceeded& exceeded) {
      exceeded.operation = static_cast<int32_t>(i);
      throw;
    }
  }
  // An output may be a constant itself, or a constant seen under other dims, which no kernel reads.
  for (const Operation& operation : program_.operations) {
    if (operation.opcode != Opcode::alias) continue;
    const Value& source = program_.values[operation.inputs[0]];
    AlignedBytes& memory = constants_[operation.inputs[0]];
    if (source.storage == Storage::constant && !memory) memory = retain(source);
    constants_[operation.outputs[0]] = memory;
  }
  for (const int32_t id : program_.outputs) {
    if (program_.values[id].storage == Storage::constant && !constants_[id])
      constants_[id] = retain(program_.values[id]);
  }
  const size_t reservedBytes = sizeOfMemory(scratchBytes);
  plan_ = planMemory(program_, overwrites, reservedBytes);
  if (plansAreVerified()) {
    verifyPlan(program_, overwrites, reservedBytes, plan_);
    ++Counters::instance().plansVerified;
  }
  // The caller's constants may be gone by the first run.
  for (Value& value : program_.values) value.data = nullptr;
  times_ = std::make_unique<StepTimes[]>(steps_.size());
  ++Counters::instance().programsCompiled;
}

std::vector<std::string> CompiledProgram::kernelNames() const {
  std::vector<std::string> names;
  for (const Step& step : steps_) names.emplace_back(step.definition->name);
  return names;
}

Profile CompiledProgram::profile() const {
  Profile profile;
  for (size_t i = 0; i < steps_.size(); ++i) {
    profile.push_back({steps_[i].operation, steps_[i].definition->name, times_[i].runs, times_[i].nanoseconds});
  }
  return profile;
}

std::vector<Timeline> CompiledProgram::takeTimelines() {
  const std::lock_guard lock(timelinesMutex_);
  return std::exchange(timelines_, {});
}

void CompiledProgram::returnInput(WorkingMemory::Block memory) {
  // As many as for the runs that have gone on at once; the inputs of runs that waited in the queue are freed.
  memories_->inputs.giveBack(std::move(memory), program_.inputs.size() * memories_->arenas.spares());
}

bool CompiledProgram::run(const std::vector<const void*>& inputs, const std::vector<void*>& outputs, int threads,
                          const std::atomic<bool>& aborted, Profiling profiling) {
  std::vector<const void*> sources(inputIds_.size());
  std::vector<void*> results(outputIds_.size());
  const auto begin = std::chrono::steady_clock::now();
  WorkingMemory::Block workspace = memories_->arenas.borrow(plan_.arenaBytes);
  std::byte* const arena = workspace.memory.get();
  const auto locate = [&](int32_t id) -> std::byte* {
    if (id < 0) return nullptr;
    const Place& place = plan_.places[id];
    switch (place.kind) {
      case Place::Kind::arena:
        return arena + place.offset;
      case Place::Kind::output:
        return static_cast<std::byte*>(outputs[place.index]) + place.offset;
      case Place::Kind::input:
        return static_cast<std::byte*>(const_cast<void*>(inputs[place.index]));
      case Place::Kind::constant:
        return constants_[id].get();
      default:
        return nullptr;
    }
  };
  std::transform(inputIds_.begin(), inputIds_.end(), sources.begin(), locate);
  std::transform(outputIds_.begin(), outputIds_.end(), results.begin(), locate);

  const auto runStep = [&](const Step& step, const Team& team) {
    step.kernel->run({sources.data() + step.firstInput, results.data() + step.firstOutput, arena}, team);
  };
  StepTimes* const times = profiling == Profiling::off ? nullptr : times_.get();
  Timeline timeline;
  Timeline* const ends = profiling == Profiling::timelines ? &timeline : nullptr;
  if (ends != nullptr) ends->reserve(steps_.size() + 1);
  bool stopped = false;
  if (threads == 1) {
    RunClock clock(times, ends);
    for (size_t i = 0; i < steps_.size(); ++i) {
      if ((stopped = aborted.load(std::memory_order_relaxed))) break;
      runStep(steps_[i], Team{0, 1});
      clock.stepEnded(i);
    }
  } else {
    // Two flags in turn: a slow thread may still read that of its step while the first thread sets the next.
    bool stop[2] = {aborted.load(std::memory_order_relaxed), false};
    const Placement placement(threads);
    runTeam(threads, [&](const Team& team) {
      placement.bind(team.index);
      std::optional<RunClock> clock;
      if (team.index == 0) clock.emplace(times, ends);
      for (size_t i = 0; i < steps_.size() && !stop[i & 1]; ++i) {
        runStep(steps_[i], team);
        if (team.index == 0) stop[(i + 1) & 1] = aborted.load(std::memory_order_relaxed);
        team.meeting->wait();
        if (clock) clock->stepEnded(i);
      }
      clock.reset();
    });
    stopped = stop[0] || stop[1];
  }
  if (ends != nullptr) {
    const std::lock_guard lock(timelinesMutex_);
    timelines_.push_back(std::move(timeline));
  }
  if (!stopped) {
    for (size_t k = 0; k < outputs.size(); ++k) {
      const size_t bytes = output(k).bytes();
      if (plan_.outputCopied[k] && bytes > 0) std::memcpy(outputs[k], locate(program_.outputs[k]), bytes);
    }
  }
  memories_->arenas.giveBack(std::move(workspace), anyNumber);
  if (!stopped) {
    const auto time = std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count();
    // Of runs that end at once any may write last: it is the time of a run, too.
    if (const int64_t fastest = fastestRun_; fastest == 0 || time < fastest) fastestRun_ = time;
  }
  return !stopped;
}

}  // namespace gdws
