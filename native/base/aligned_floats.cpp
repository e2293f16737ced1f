#include "base/aligned_floats.h"

#include <algorithm>
#include <cstdint>
#include <new>

#include "base/aligned_bytes.h"
#include "base/memory_account.h"

namespace gdws {

std::shared_ptr<float[]> allocateFloats(size_t count, PageSize pageSize) {
  constexpr size_t manyBytes = size_t{1} << 20;
  if (count > SIZE_MAX / sizeof(float)) throw std::bad_alloc();
  if (count * sizeof(float) >= manyBytes) {
    struct Pages {
      PageMemory memory;
      CountedBytes counted;
    };
    const std::shared_ptr<Pages> pages(new Pages{PageMemory(count * sizeof(float), pageSize),
                                                 {MemoryUse::weights, static_cast<int64_t>(count * sizeof(float))}});
    return std::shared_ptr<float[]>(pages, reinterpret_cast<float*>(pages->memory.data()));
  }
  const AlignedBytes bytes = allocateCounted(count * sizeof(float), MemoryUse::weights);
  auto* floats = reinterpret_cast<float*>(bytes.get());
  std::fill_n(floats, count, 0.0f);
  return std::shared_ptr<float[]>(bytes, floats);
}

}  // namespace gdws
