#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/team.h"
#include "kernels/vector/table.h"
#include "program/program.h"

namespace gdws {

/// Memory of one operation in one run. A pointer is null where the input is absent. Inputs and outputs are aligned to
/// at least their element; temporaries and scratch to 64 bytes. An output overlaps an input only where the rule of
/// engine/memory_plan.h allows it: output 0 may be the same memory as the input that the kernel's definition says it
/// `overwrites`; and an input of a concatenation may lie at its place in the output.
struct Buffers {
  const void* const* inputs;
  void* const* outputs;
  std::byte* scratch;

  const float* floats(size_t input) const { return static_cast<const float*>(inputs[input]); }
  float* result(size_t output = 0) const { return static_cast<float*>(outputs[output]); }
};

/// A kernel made ready for one operation of one program: weights packed, sizes chosen.
class Kernel {
 public:
  virtual ~Kernel() = default;
  /// Bytes of scratch memory that a run needs with this many threads; may be more than there are addresses.
  virtual int64_t scratchBytes(int /*threads*/) const { return 0; }
  /// Whether a run reads input i; false where it is a constant that has been packed.
  virtual bool readsInput(size_t /*i*/) const { return true; }
  /// Called by every thread of the team at once. Does not throw, does not allocate.
  virtual void run(const Buffers& buffers, const Team& team) const = 0;
};

/// Weights packed for a kernel, shared by all programs of a session that pack the same constant in the same way.
class PackedWeights {
 public:
  virtual ~PackedWeights() = default;
  /// The packing that belongs to `key`, made by `pack` the first time.
  virtual std::shared_ptr<const float[]> find(const std::string& key,
                                              const std::function<std::shared_ptr<const float[]>()>& pack) = 0;
};

struct KernelContext {
  const VectorTable& vectors;  ///< of the instruction set in use
  PackedWeights& packedWeights;
  int threads;  ///< the largest number that a run has
  /// To be called with bytes of a constant that the kernel has packed and will not read again, so that large weights
  /// need not be in memory twice. Empty where they are not released.
  std::function<void(const void* from, size_t bytes)> release = {};
};

constexpr int32_t overwritesNothing = -1;

/// One row of the kernel table: dispatch, tests and benchmarks all read it.
struct KernelDefinition {
  const char* name;  ///< operation.method, as "convolution.reference"
  Opcode opcode;
  /// The input whose memory output 0 may be, where nothing else reads that input: a run reads each of its elements, or
  /// rows, before it writes any other over them. Other operands never share memory with it then.
  int32_t overwrites;
  /// Whether the kernel can run the operation. May throw ProgramError, where `make` would.
  bool (*supports)(const OperationView& operation, const KernelContext& context);
  /// Checks shapes and attributes and throws ProgramError where they do not fit.
  std::unique_ptr<Kernel> (*make)(const OperationView& operation, KernelContext& context);
  /// Estimated cycles of one core, which rank the kernels of an operation that compete with each other: the lowest runs
  /// it, unless measured times say otherwise. Null for a kernel that does not compete; the first in the table that
  /// supports the operation then runs it.
  double (*estimate)(const OperationView& operation, const KernelContext& context) = nullptr;
};

}  // namespace gdws
