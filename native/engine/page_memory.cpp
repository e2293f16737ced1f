#include "engine/page_memory.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace gdws {

#if defined(__unix__) || defined(__APPLE__)

namespace {

constexpr int protection = PROT_READ | PROT_WRITE;
constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS;

}  // namespace

PageMemory::PageMemory(size_t bytes) : bytes_(std::max<size_t>(bytes, 1)) {
  void* const memory = mmap(nullptr, bytes_, protection, flags, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<std::byte*>(memory);
}

PageMemory::~PageMemory() { munmap(data_, bytes_); }

void PageMemory::discard(const void* from, size_t bytes) const {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<uintptr_t>(data_), first = reinterpret_cast<uintptr_t>(from);
  if (first < start || first + bytes > start + bytes_) return;
  const uintptr_t begin = (first + page - 1) / page * page, end = (first + bytes) / page * page;
  if (begin >= end) return;
  // New pages in the place of the old; where that fails these stay, which harms nobody.
  mmap(reinterpret_cast<void*>(begin), end - begin, protection, flags | MAP_FIXED, -1, 0);
}

#else

PageMemory::PageMemory(size_t bytes) : bytes_(std::max<size_t>(bytes, 1)) {
  data_ = static_cast<std::byte*>(std::calloc(bytes_, 1));
  if (data_ == nullptr) throw std::bad_alloc();
}

PageMemory::~PageMemory() { std::free(data_); }

void PageMemory::discard(const void*, size_t) const {}

#endif

}  // namespace gdws
