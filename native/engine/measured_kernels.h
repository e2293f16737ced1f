#pragma once

#include <map>
#include <string>

#include "base/mutex.h"
#include "kernels/kernel.h"

namespace gdws {

/// The kernels that were measured to be the fastest, by keyOf() of their operations. One table for the process: it
/// holds the measurements of all sessions and those that were read from a file.
class MeasuredKernels {
 public:
  static MeasuredKernels& instance();

  /// Null where the operation was not measured.
  const KernelDefinition* find(const std::string& key) const;
  /// Keeps an earlier measurement of the same key, so that later programs choose the same kernel.
  void remember(const std::string& key, const KernelDefinition& fastest);

 private:
  mutable Mutex mutex_;
  std::map<std::string, const KernelDefinition*> fastest_;
};

}  // namespace gdws
