#pragma once

#include <cstddef>

namespace gdws {

/// Has the system give huge pages, as far as it can, to such of these bytes as are not touched yet.
void preferHugePages(void* from, size_t bytes);

enum class PageSize { small, huge };

/// Memory of whole pages, which the system can have back while its addresses stay. Not copied, not moved.
/// Huge pages begin at 2 MiB, and are small ones where the system grants none: fresh memory of small pages costs more
/// at its first touch, and at that by another thread, than the copy or the results that fill it.
class PageMemory {
 public:
  /// Zeros, which take memory only once they are written. Throws std::bad_alloc.
  explicit PageMemory(size_t bytes, PageSize pageSize = PageSize::huge);
  ~PageMemory();
  PageMemory(const PageMemory&) = delete;
  PageMemory& operator=(const PageMemory&) = delete;

  std::byte* data() const { return data_; }
  size_t bytes() const { return bytes_; }

  /// Gives back the pages that lie wholly within the `bytes` bytes from `from` on. What they hold is lost; they may be
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
