#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/memory_plan.h"
#include "engine/program.h"
#include "kernels/kernel.h"

namespace gdws {

/// Memory aligned to 64 bytes that a run borrows.
using AlignedBytes = std::shared_ptr<std::byte[]>;

/// Throws std::bad_alloc.
AlignedBytes allocateBytes(size_t count);

/// A program made ready to run: a kernel for each operation, and a place for each value.
/// Any number of runs may go on at once; each borrows an arena of its own.
class CompiledProgram {
 public:
  /// `retain` is asked for memory that outlives the program for each constant that a kernel reads during a run.
  /// `preference` names a kernel ("convolution.product") or a method ("reference") that is taken wherever it is
  /// supported. Throws ProgramError where an operation has no kernel or does not fit its operands.
  CompiledProgram(Program program, KernelContext& context, const std::string& preference,
                  const std::function<AlignedBytes(const Value&)>& retain);

  size_t inputCount() const { return program_.inputs.size(); }
  size_t outputCount() const { return program_.outputs.size(); }
  const Value& input(size_t i) const { return program_.values[program_.inputs[i]]; }
  const Value& output(size_t i) const { return program_.values[program_.outputs[i]]; }

  /// Bytes of working memory of one run.
  size_t arenaBytes() const { return plan_.arenaBytes; }
  /// Names of the kernels, an operation each, in order.
  std::vector<std::string> kernelNames() const;

  /// Runs the program with its threads; returns false where `aborted` was set before the end.
  /// Throws std::bad_alloc before anything is written.
  bool run(const std::vector<const void*>& inputs, const std::vector<void*>& outputs, const std::atomic<bool>& aborted);

 private:
  struct Step {
    const KernelDefinition* definition;
    std::unique_ptr<Kernel> kernel;
    size_t firstInput;  ///< in the run's pointer tables
    size_t firstOutput;
  };

  AlignedBytes borrowArena();
  void returnArena(AlignedBytes arena);

  Program program_;
  int threads_;
  std::vector<Step> steps_;
  std::vector<int32_t> inputIds_;  ///< of all steps, in order
  std::vector<int32_t> outputIds_;
  MemoryPlan plan_;
  std::vector<AlignedBytes> constants_;  ///< by value id; null where no kernel reads it
  std::mutex arenasMutex_;
  std::vector<AlignedBytes> arenas_;
};

}  // namespace gdws
