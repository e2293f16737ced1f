#pragma once

#include <cstddef>

namespace gdws {

/// Asks the system for huge pages for those of these bytes that are not touched yet.
void preferHugePages(void* from, size_t bytes);

enum class PageSize { small, huge };

/// Memory of whole pages, which can be given back to the system while the addresses stay valid. Not copied, not moved.
/// Memory of 2 MiB or more asks for huge pages and has small ones where the system grants none. The first touch of a
/// small page costs more than the copy or the results that fill it.
class PageMemory {
 public:
  /// Zeros, which take memory only once they are written. Throws std::bad_alloc.
  explicit PageMemory(size_t bytes, PageSize pageSize = PageSize::huge);
  ~PageMemory();
  PageMemory(const PageMemory&) = delete;
  PageMemory& operator=(const PageMemory&) = delete;

  std::byte* data() const { return data_; }
  size_t bytes() const { return bytes_; }

  /// Gives back the pages that lie wholly within the `bytes` bytes from `from` on. Their contents are lost; they may be
  /// written again. Does nothing for memory elsewhere, nor where the system has no such pages.
  void discard(const void* from, size_t bytes) const;

 private:
  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
  PageSize pageSize_ = PageSize::small;
  void* reserved_ = nullptr;  ///< from the system, with room for `data_` to begin at a huge page
  size_t reservedBytes_ = 0;
};

}  // namespace gdws
