#pragma once

#include <cstddef>

namespace gdws::test {

/// Memory whose last byte lies before a page that may not be touched, so that a read or write past the end crashes.
class GuardedMemory {
 public:
  /// `alignment` is that of the first byte: 64 leaves a gap before the guard, 1 leaves none.
  GuardedMemory(size_t bytes, size_t alignment);
  ~GuardedMemory();
  GuardedMemory(GuardedMemory&& other) noexcept;
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;
  GuardedMemory& operator=(GuardedMemory&&) = delete;

  std::byte* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  std::byte* pages_;
  size_t mapped_;
  std::byte* data_;
  size_t size_;
};

}  // namespace gdws::test
