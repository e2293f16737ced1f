#include "engine/measured_kernels.h"

namespace gdws {

MeasuredKernels& MeasuredKernels::instance() {
  static MeasuredKernels* const kernels = new MeasuredKernels;
  return *kernels;
}

const KernelDefinition* MeasuredKernels::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = fastest_.find(key);
  return found == fastest_.end() ? nullptr : found->second;
}

void MeasuredKernels::remember(const std::string& key, const KernelDefinition& fastest) {
  const std::lock_guard lock(mutex_);
  fastest_.try_emplace(key, &fastest);
}

}  // namespace gdws
