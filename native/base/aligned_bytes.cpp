#include "base/aligned_bytes.h"

#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#if defined(_WIN32)
#include <malloc.h>
#endif

#include "base/page_memory.h"

namespace gdws {

namespace {

constexpr size_t alignment = 64;
/// Memory of this size or more has pages of its own.
[[maybe_unused]] constexpr size_t largeBytes = size_t{1} << 21;

std::byte* allocate(size_t count) {
  if (count > SIZE_MAX - alignment) throw std::bad_alloc();
  const size_t bytes = (count + alignment - 1) / alignment * alignment;
#if defined(_WIN32)
  void* const memory = _aligned_malloc(bytes == 0 ? alignment : bytes, alignment);
#else
  void* const memory = std::aligned_alloc(alignment, bytes == 0 ? alignment : bytes);
#endif
  if (memory == nullptr) throw std::bad_alloc();
  return static_cast<std::byte*>(memory);
}

void release(std::byte* memory) {
#if defined(_WIN32)
  _aligned_free(memory);
#else
  std::free(memory);
#endif
}

}  // namespace

AlignedBytes allocateBytes(size_t count) {
#if !defined(GDWS_SANITIZED) && !defined(__wasm__)
  if (count >= largeBytes) {
    const auto pages = std::make_shared<PageMemory>(count);
    return AlignedBytes(pages, pages->data());
  }
#endif
  return AlignedBytes(allocate(count), release);
}

AlignedBytes allocateCounted(size_t count, MemoryUse use) {
  struct Block {
    CountedBytes counted;
    AlignedBytes memory;
  };
  AlignedBytes memory = allocateBytes(count);
  const std::shared_ptr<Block> block(new Block{{use, static_cast<int64_t>(count)}, std::move(memory)});
  return AlignedBytes(block, block->memory.get());
}

}  // namespace gdws
