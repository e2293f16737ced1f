#include "engine/aligned_bytes.h"

#include <cstdlib>
#include <new>
#include <utility>

#include "engine/memory_account.h"

#if defined(__linux__) && !defined(GDWS_SANITIZED)
#include <sys/mman.h>

#include <cstdint>
#endif

namespace gdws {

namespace {

constexpr size_t alignment = 64;

std::byte* allocate(size_t count) {
  const size_t bytes = (count + alignment - 1) / alignment * alignment;
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(alignment, bytes == 0 ? alignment : bytes));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

#if defined(__linux__) && !defined(GDWS_SANITIZED)

constexpr size_t hugePage = size_t{1} << 21;
constexpr size_t largeBytes = hugePage;

/// Fresh memory of small pages costs more at its first touch than the copy or the results that fill it. Where the system
/// grants no huge pages, or there are none left, these are small ones.
AlignedBytes allocateLarge(size_t count) {
  if (count > SIZE_MAX - hugePage) throw std::bad_alloc();
  const size_t reserved = count + hugePage;
  void* const memory = mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  const auto first = reinterpret_cast<uintptr_t>(memory);
  auto* const aligned = reinterpret_cast<std::byte*>((first + hugePage - 1) / hugePage * hugePage);
  madvise(aligned, count, MADV_HUGEPAGE);
  return AlignedBytes(aligned, [memory, reserved](std::byte*) { munmap(memory, reserved); });
}

#endif

}  // namespace

AlignedBytes allocateBytes(size_t count) {
#if defined(__linux__) && !defined(GDWS_SANITIZED)
  if (count >= largeBytes) return allocateLarge(count);
#endif
  return AlignedBytes(allocate(count), std::free);
}

AlignedBytes allocateCounted(size_t count, std::atomic<int64_t>& held) {
  struct Block {
    CountedBytes counted;
    AlignedBytes memory;
  };
  AlignedBytes memory = allocateBytes(count);
  const std::shared_ptr<Block> block(new Block{{held, static_cast<int64_t>(count)}, std::move(memory)});
  return AlignedBytes(block, block->memory.get());
}

}  // namespace gdws
