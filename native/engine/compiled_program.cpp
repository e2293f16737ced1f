#include "engine/compiled_program.h"

#include <omp.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/placement.h"

namespace gdws {

namespace {

bool matches(const KernelDefinition& definition, const std::string& preference) {
  const std::string name = definition.name;
  return name == preference || name.substr(name.find('.') + 1) == preference;
}

const KernelDefinition& chooseKernel(const OperationView& operation, const KernelContext& context,
                                     const std::string& preference) {
  const KernelDefinition* chosen = nullptr;
  double fewestCycles = 0;
  for (const KernelDefinition& definition : kernelTable()) {
    if (definition.opcode != operation.opcode() || !definition.supports(operation, context)) continue;
    if (!preference.empty() && matches(definition, preference)) return definition;
    const double cycles = definition.estimate == nullptr ? 0 : definition.estimate(operation, context);
    const bool competes = definition.estimate != nullptr && fewestCycles > 0;
    if (chosen == nullptr || (competes && cycles < fewestCycles)) {
      chosen = &definition;
      fewestCycles = cycles;
    }
  }
  if (chosen == nullptr) operation.fail("no kernel runs this operation");
  return *chosen;
}

void checkAlias(const OperationView& operation) {
  if (operation.input(0).bytes() != operation.output(0).bytes())
    operation.fail("an alias changes the size of its value");
}

}  // namespace

AlignedBytes allocateBytes(size_t count) {
  constexpr size_t alignment = 64;
  const size_t bytes = (count + alignment - 1) / alignment * alignment;
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(alignment, bytes == 0 ? alignment : bytes));
  if (memory == nullptr) throw std::bad_alloc();
  return AlignedBytes(memory, std::free);
}

CompiledProgram::CompiledProgram(Program program, KernelContext& context, const std::string& preference,
                                 const std::function<AlignedBytes(const Value&)>& retain)
    : program_(std::move(program)), threads_(context.threads), constants_(program_.values.size()) {
  size_t scratchBytes = 0;
  std::vector<bool> mayOverwrite(program_.operations.size());
  for (size_t i = 0; i < program_.operations.size(); ++i) {
    const Operation& operation = program_.operations[i];
    const OperationView view(program_, operation);
    if (operation.opcode == Opcode::alias) {
      checkAlias(view);
      continue;
    }
    const KernelDefinition& definition = chooseKernel(view, context, preference);
    Step step{&definition, definition.make(view, context), inputIds_.size(), outputIds_.size()};
    scratchBytes = std::max(scratchBytes, step.kernel->scratchBytes(threads_));
    mayOverwrite[i] = definition.inPlace;
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
  plan_ = planMemory(program_, mayOverwrite, scratchBytes);
  // The caller's constants may be gone by the first run.
  for (Value& value : program_.values) value.data = nullptr;
}

std::vector<std::string> CompiledProgram::kernelNames() const {
  std::vector<std::string> names;
  for (const Step& step : steps_) names.emplace_back(step.definition->name);
  return names;
}

AlignedBytes CompiledProgram::borrowArena() {
  {
    const std::lock_guard lock(arenasMutex_);
    if (!arenas_.empty()) {
      AlignedBytes arena = std::move(arenas_.back());
      arenas_.pop_back();
      return arena;
    }
  }
  return allocateBytes(plan_.arenaBytes);
}

void CompiledProgram::returnArena(AlignedBytes arena) {
  const std::lock_guard lock(arenasMutex_);
  arenas_.push_back(std::move(arena));
}

bool CompiledProgram::run(const std::vector<const void*>& inputs, const std::vector<void*>& outputs,
                          const std::atomic<bool>& aborted) {
  AlignedBytes arena = borrowArena();
  const auto locate = [&](int32_t id) -> std::byte* {
    if (id < 0) return nullptr;
    const Place& place = plan_.places[id];
    switch (place.kind) {
      case Place::Kind::arena:
        return arena.get() + place.offset;
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
  std::vector<const void*> sources;
  std::vector<void*> results;
  sources.reserve(inputIds_.size());
  results.reserve(outputIds_.size());
  for (const int32_t id : inputIds_) sources.push_back(locate(id));
  for (const int32_t id : outputIds_) results.push_back(locate(id));

  const auto runStep = [&](const Step& step, const Team& team) {
    step.kernel->run({sources.data() + step.firstInput, results.data() + step.firstOutput, arena.get()}, team);
  };
  bool stopped = false;
  if (threads_ == 1) {
    for (const Step& step : steps_) {
      if ((stopped = aborted.load(std::memory_order_relaxed))) break;
      runStep(step, Team{0, 1});
    }
  } else {
    // Two flags in turn, so that a slow thread still reads the one of its own step while the first sets the next.
    bool stop[2] = {aborted.load(std::memory_order_relaxed), false};
    const Placement placement(threads_);
#pragma omp parallel num_threads(threads_)
    {
      const Team team{omp_get_thread_num(), omp_get_num_threads()};
      placement.bind(team.index);
      for (size_t i = 0; i < steps_.size() && !stop[i & 1]; ++i) {
        runStep(steps_[i], team);
        if (team.index == 0) stop[(i + 1) & 1] = aborted.load(std::memory_order_relaxed);
#pragma omp barrier
      }
      placement.release();
    }
    stopped = stop[0] || stop[1];
  }
  if (!stopped) {
    for (size_t k = 0; k < outputs.size(); ++k) {
      if (plan_.outputCopied[k]) std::memcpy(outputs[k], locate(program_.outputs[k]), output(k).bytes());
    }
  }
  returnArena(std::move(arena));
  return !stopped;
}

}  // namespace gdws
