#include "native/guarded_memory.h"

#if defined(__wasm__)
#include <algorithm>
#include <cstdlib>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <new>
#include <utility>

namespace gdws::test {

#if defined(__wasm__)

// There are no pages to guard: bytes after the end must be as they were when the memory is freed.

namespace {

constexpr size_t guard = 4096;
constexpr std::byte untouched{0xa5};

}  // namespace

GuardedMemory::GuardedMemory(size_t bytes, size_t alignment) : size_(bytes) {
  const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  const size_t usable = (rounded + 63) / 64 * 64;
  mapped_ = usable + guard;
  pages_ = static_cast<std::byte*>(std::aligned_alloc(64, mapped_));
  if (pages_ == nullptr) throw std::bad_alloc();
  data_ = pages_ + usable - rounded;
  std::fill(data_ + size_, pages_ + mapped_, untouched);
}

GuardedMemory::~GuardedMemory() {
  if (pages_ == nullptr) return;
  const auto isUntouched = [](std::byte byte) { return byte == untouched; };
  if (!std::all_of(data_ + size_, pages_ + mapped_, isUntouched)) std::abort();
  std::free(pages_);
}

#else

GuardedMemory::GuardedMemory(size_t bytes, size_t alignment) : size_(bytes) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  const size_t usable = (rounded + page - 1) / page * page;
  mapped_ = usable + page;
  void* pages = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  pages_ = static_cast<std::byte*>(pages);
  mprotect(pages_ + usable, page, PROT_NONE);
  data_ = pages_ + usable - rounded;
}

GuardedMemory::~GuardedMemory() {
  if (pages_ != nullptr) munmap(pages_, mapped_);
}

#endif

GuardedMemory::GuardedMemory(GuardedMemory&& other) noexcept
    : pages_(std::exchange(other.pages_, nullptr)), mapped_(other.mapped_), data_(other.data_), size_(other.size_) {}

}  // namespace gdws::test
