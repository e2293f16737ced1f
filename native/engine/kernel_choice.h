#pragma once

#include <string>
#include <vector>

#include "kernels/kernel.h"
#include "program/program.h"

namespace gdws {

/// A kernel that may run an operation.
struct Rival {
  const KernelDefinition* definition;
  double cycles;  ///< estimated; 0 where the kernel does not compete
};

/// The kernels of the table between which measured time decides, the one expected to be the fastest first; a single one
/// where there is nothing to measure. Throws ProgramError where no kernel runs the operation.
std::vector<Rival> rivalsFor(const OperationView& operation, const KernelContext& context);

/// How a session chooses the kernel of an operation.
struct KernelChoice {
  /// A kernel ("convolution.product") or a method ("reference") that is taken wherever it is supported; may be empty.
  std::string preference;
  /// Whether measured times count; else, and where nothing was measured, estimates do.
  bool measured = false;

  /// Throws ProgramError where no kernel runs the operation.
  const KernelDefinition& operator()(const OperationView& operation, const KernelContext& context) const;
};

}  // namespace gdws
