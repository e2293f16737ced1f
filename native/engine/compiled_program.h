#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "base/aligned_bytes.h"
#include "base/mutex.h"
#include "engine/kernel_choice.h"
#include "engine/memory_plan.h"
#include "engine/profile.h"
#include "engine/working_memory.h"
#include "kernels/kernel.h"
#include "program/program.h"

namespace gdws {

/// Thrown by a compilation that was aborted.
class CompilationAborted : public std::exception {
 public:
  const char* what() const noexcept override { return "the compilation was aborted"; }
};

/// What the runs of a session's programs need beside their outputs.
struct RunMemories {
  explicit RunMemories(const std::shared_ptr<MemoryAccount>& account) : arenas(account), inputs(account) {}

  WorkingMemory arenas;
  WorkingMemory inputs;
};

/// A program made ready to run: a kernel for each operation, and a place for each value.
/// Any number of runs may go on at once; each borrows memory of its own.
class CompiledProgram {
 public:
  /// `retain` is called for each constant that a kernel reads during a run, and returns memory that outlives the
  /// program. `context.release` is called for constants, or parts of them, whose own bytes this program does not need
  /// any more. Throws ProgramError where an operation has no kernel or does not fit its operands, CompilationAborted at
  /// the next operation once `aborted`, WeightsExceeded and std::bad_alloc.
  CompiledProgram(Program program, KernelContext& context, const KernelChoice& choose,
                  const std::function<AlignedBytes(const Value&)>& retain, std::shared_ptr<RunMemories> memories,
                  const std::atomic<bool>& aborted);

  size_t inputCount() const { return program_.inputs.size(); }
  size_t outputCount() const { return program_.outputs.size(); }
  const Value& input(size_t i) const { return program_.values[program_.inputs[i]]; }
  const Value& output(size_t i) const { return program_.values[program_.outputs[i]]; }

  /// Of a run, where it is not given fewer.
  int threads() const { return threads_; }
  /// Bytes of working memory of one run.
  size_t arenaBytes() const { return plan_.arenaBytes; }
  /// Names of the kernels of all operations, in order.
  std::vector<std::string> kernelNames() const;

  /// Memory for an input of a run. Throws std::bad_alloc.
  WorkingMemory::Block borrowInput(size_t i) { return memories_->inputs.borrow(input(i).bytes()); }
  /// Takes back the memory that a run borrowed, after its end.
  void returnInput(WorkingMemory::Block memory);

  /// Runs the program with `threads` of its threads, from 1 on; the results are the same to the bit. Returns false
  /// where `aborted` was set before the end. What `profiling` says is kept of it. Throws std::bad_alloc.
  bool run(const std::vector<const void*>& inputs, const std::vector<void*>& outputs, int threads,
           const std::atomic<bool>& aborted, Profiling profiling);

  /// Nanoseconds of the fastest run so far; 0 before the first.
  int64_t fastestRun() const { return fastestRun_; }

  /// The time that each operation took in profiled runs.
  Profile profile() const;
  /// The timelines of runs that have ended since the last call, in that order.
  std::vector<Timeline> takeTimelines();

 private:
  struct Step {
    const KernelDefinition* definition;
    std::unique_ptr<Kernel> kernel;
    size_t operation;   ///< of the program
    size_t firstInput;  ///< in the run's pointer tables
    size_t firstOutput;
  };

  Program program_;
  int threads_;
  std::vector<Step> steps_;
  std::vector<int32_t> inputIds_;  ///< of all steps, in order
  std::vector<int32_t> outputIds_;
  MemoryPlan plan_;
  std::unique_ptr<StepTimes[]> times_;  ///< by step
  Mutex timelinesMutex_;
  std::vector<Timeline> timelines_;
  std::vector<AlignedBytes> constants_;  ///< by value id; null where no kernel reads it
  std::shared_ptr<RunMemories> memories_;
  std::atomic<int64_t> fastestRun_{0};
};

}  // namespace gdws
