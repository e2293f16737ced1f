#include "engine/aligned_bytes.h"

#include <cstdlib>
#include <new>

namespace gdws {

namespace {

constexpr size_t alignment = 64;

std::byte* allocate(size_t count) {
  const size_t bytes = (count + alignment - 1) / alignment * alignment;
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(alignment, bytes == 0 ? alignment : bytes));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

AlignedBytes allocateBytes(size_t count) { return AlignedBytes(allocate(count), std::free); }

AlignedBytes allocateCounted(size_t count, std::atomic<int64_t>& held) {
  const auto bytes = static_cast<int64_t>(count);
  held += bytes;
  const auto release = [&held, bytes](std::byte* memory) {
    std::free(memory);
    held -= bytes;
  };
  try {
    return AlignedBytes(allocate(count), release);
  } catch (...) {
    held -= bytes;
    throw;
  }
}

}  // namespace gdws
