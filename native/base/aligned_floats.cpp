#include "base/aligned_floats.h"

#include <algorithm>

#include "base/aligned_bytes.h"
#include "base/memory_account.h"

namespace gdws {

std::shared_ptr<float[]> allocateFloats(int64_t count, PageSize pageSize) {
  constexpr size_t manyBytes = size_t{1} << 20;
  const size_t bytes = sizeOfMemory(count * int64_t{sizeof(float)});
  if (bytes >= manyBytes) {
    struct Pages {
      PageMemory memory;
      CountedBytes counted;
    };
    const std::shared_ptr<Pages> pages(
        new Pages{PageMemory(bytes, pageSize), {MemoryUse::weights, static_cast<int64_t>(bytes)}});
    return std::shared_ptr<float[]>(pages, reinterpret_cast<float*>(pages->memory.data()));
  }
  const AlignedBytes memory = allocateCounted(bytes, MemoryUse::weights);
  auto* floats = reinterpret_cast<float*>(memory.get());
  std::fill_n(floats, count, 0.0f);
  return std::shared_ptr<float[]>(memory, floats);
}

}  // namespace gdws
