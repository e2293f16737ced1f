#include "base/page_memory.h"

#include <algorithm>
#include <cstdint>
#include <new>

#if defined(__wasm__)
#include <cstdlib>
#include <cstring>
#elif defined(_WIN32)
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace gdws {

#if defined(__wasm__)

// Its memory is one block that only grows, and whose pages cannot be given back.

void preferHugePages(void*, size_t) {}

PageMemory::PageMemory(size_t bytes, PageSize) : bytes_(std::max<size_t>(bytes, 1)) {
  constexpr size_t alignment = 64;
  if (bytes_ > SIZE_MAX - alignment) throw std::bad_alloc();
  reservedBytes_ = (bytes_ + alignment - 1) / alignment * alignment;
  reserved_ = std::aligned_alloc(alignment, reservedBytes_);
  if (reserved_ == nullptr) throw std::bad_alloc();
  data_ = static_cast<std::byte*>(reserved_);
  std::memset(data_, 0, bytes_);
}

PageMemory::~PageMemory() { std::free(reserved_); }

void PageMemory::discard(const void*, size_t) const {}

#else

namespace {

size_t pageBytes() {
#if defined(_WIN32)
  SYSTEM_INFO system;
  GetSystemInfo(&system);
  return system.dwPageSize;
#else
  return static_cast<size_t>(sysconf(_SC_PAGESIZE));
#endif
}

/// Bytes from `begin` on that are whole pages.
struct WholePages {
  uintptr_t begin;
  size_t bytes;
};

WholePages wholePages(const void* from, size_t bytes) {
  const uintptr_t page = pageBytes();
  const auto first = reinterpret_cast<uintptr_t>(from);
  const uintptr_t begin = (first + page - 1) / page * page, end = (first + bytes) / page * page;
  return {begin, begin < end ? end - begin : 0};
}

}  // namespace

#if !defined(_WIN32)

namespace {

constexpr size_t hugePage = size_t{1} << 21;
constexpr int protection = PROT_READ | PROT_WRITE;
constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS;

}  // namespace

void preferHugePages([[maybe_unused]] void* from, [[maybe_unused]] size_t bytes) {
#ifdef MADV_HUGEPAGE
  const WholePages pages = wholePages(from, bytes);
  // If it fails, the pages are small.
  if (pages.bytes >= hugePage) madvise(reinterpret_cast<void*>(pages.begin), pages.bytes, MADV_HUGEPAGE);
#endif
}

PageMemory::PageMemory(size_t bytes, PageSize pageSize) : bytes_(std::max<size_t>(bytes, 1)) {
  if (bytes_ > SIZE_MAX - hugePage) throw std::bad_alloc();
  if (bytes_ >= hugePage) pageSize_ = pageSize;
  const bool isHuge = pageSize_ == PageSize::huge;
  reservedBytes_ = isHuge ? bytes_ + hugePage : bytes_;
  reserved_ = mmap(nullptr, reservedBytes_, protection, flags, -1, 0);
  if (reserved_ == MAP_FAILED) throw std::bad_alloc();
  const auto first = reinterpret_cast<uintptr_t>(reserved_);
  data_ = reinterpret_cast<std::byte*>(isHuge ? (first + hugePage - 1) / hugePage * hugePage : first);
  if (isHuge) preferHugePages(data_, bytes_);
}

PageMemory::~PageMemory() { munmap(reserved_, reservedBytes_); }

void PageMemory::discard(const void* from, size_t bytes) const {
  const auto start = reinterpret_cast<uintptr_t>(data_), first = reinterpret_cast<uintptr_t>(from);
  if (first < start || first + bytes > start + bytes_) return;
  const WholePages pages = wholePages(from, bytes);
  if (pages.bytes == 0) return;
  // New pages replace the old ones. If that fails, the old ones stay, which only takes memory.
  void* const fresh = mmap(reinterpret_cast<void*>(pages.begin), pages.bytes, protection, flags | MAP_FIXED, -1, 0);
  if (fresh != MAP_FAILED && pageSize_ == PageSize::huge) preferHugePages(fresh, pages.bytes);
}

#else

void preferHugePages(void*, size_t) {}

PageMemory::PageMemory(size_t bytes, PageSize) : bytes_(std::max<size_t>(bytes, 1)), reservedBytes_(bytes_) {
  reserved_ = VirtualAlloc(nullptr, reservedBytes_, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (reserved_ == nullptr) throw std::bad_alloc();
  data_ = static_cast<std::byte*>(reserved_);
}

PageMemory::~PageMemory() { VirtualFree(reserved_, 0, MEM_RELEASE); }

void PageMemory::discard(const void* from, size_t bytes) const {
  const auto start = reinterpret_cast<uintptr_t>(data_), at = reinterpret_cast<uintptr_t>(from);
  if (at < start || at + bytes > start + bytes_) return;
  const WholePages pages = wholePages(from, bytes);
  if (pages.bytes == 0) return;
  void* const first = reinterpret_cast<void*>(pages.begin);
  // Their contents are not kept any more; and pages that are unlocked without having been locked leave the working set.
  // If either fails, the pages stay, which only takes memory.
  VirtualAlloc(first, pages.bytes, MEM_RESET, PAGE_READWRITE);
  VirtualUnlock(first, pages.bytes);
}

#endif

#endif

}  // namespace gdws
