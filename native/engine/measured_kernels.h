#pragma once

#include <map>
#include <mutex>
#include <string>

#include "kernels/kernel.h"

namespace gdws {

/// The kernels that were measured to be the fastest, by keyOf() their operations: one table for the process, in which
/// every session finds what another has measured, or what was read from a file.
class MeasuredKernels {
 public:
  static MeasuredKernels& instance();

  /// Null where the operation was not measured.
  const KernelDefinition* find(const std::string& key) const;
  /// What was measured first stays, so that programs compiled later choose alike.
  void remember(const std::string& key, const KernelDefinition& fastest);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, const KernelDefinition*> fastest_;
};

}  // namespace gdws
