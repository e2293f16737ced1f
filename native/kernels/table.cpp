#include <cstdlib>
#include <algorithm>
#include <new>

#include "kernels/kernel.h"

namespace gdws {

const std::vector<KernelDefinition>& kernelTable() {
  static const std::vector<KernelDefinition> table = [] {
    std::vector<KernelDefinition> all;
    return all;
  }();
  return table;
}

std::shared_ptr<float[]> allocateFloats(size_t count) {
  constexpr size_t alignment = 64;
  const size_t bytes = (count * sizeof(float) + alignment - 1) / alignment * alignment;
  auto* memory = static_cast<float*>(std::aligned_alloc(alignment, bytes == 0 ? alignment : bytes));
  if (memory == nullptr) throw std::bad_alloc();
  std::fill_n(memory, bytes / sizeof(float), 0.0f);
  return std::shared_ptr<float[]>(memory, std::free);
}

}  // namespace gdws
