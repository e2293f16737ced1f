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

/// The kernels of the table that compete for an operation, the one with the lowest estimate first; a single one where
/// there is nothing to measure. Throws ProgramError where no kernel runs the operation.
std::vector<Rival> rivalsFor(const OperationView& operation, const KernelContext& context);

/// How a session chooses the kernel of an operation.
struct KernelChoice {
  /// A kernel ("convolution.product") or a method ("reference") that is taken wherever it is supported; may be empty.
  std::string preference;
  /// Whether measured times decide; estimates do otherwise, and where nothing was measured.
  bool measured = false;

  /// Throws ProgramError where no kernel runs the operation.
  const KernelDefinition& operator()(const OperationView& operation, const KernelContext& context) const;
};

}  // namespace gdws
