#include "kernels/registry.h"

namespace gdws {

const std::vector<KernelDefinition>& kernelTable() {
#define GDWS_LIST_KERNEL(kernel) kernel,
  // Never destroyed: threads may compile while the process ends.
  static const auto* const table = new std::vector<KernelDefinition>{GDWS_KERNELS(GDWS_LIST_KERNEL)};
#undef GDWS_LIST_KERNEL
  return *table;
}

}  // namespace gdws
