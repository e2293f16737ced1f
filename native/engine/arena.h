#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gdws {

/// Alignment at which vector code reads and writes fastest.
inline constexpr size_t memoryAlignment = 64;

constexpr size_t alignedSize(size_t bytes) { return (bytes + memoryAlignment - 1) / memoryAlignment * memoryAlignment; }

/// A stretch of memory and the operations between which it is in use.
struct Part {
  size_t at = 0;
  size_t bytes = 0;
  int32_t firstUse = 0;
  int32_t lastUse = 0;
};

/// Memory that is placed as one piece, of parts that may be in use at different times. While a part is not in use,
/// other blocks may have its memory.
struct Block {
  std::vector<Part> parts;  ///< at offsets in the block, in the order in which they come into use
  size_t offset = 0;        ///< in the arena

  size_t bytes() const;
};

/// Gives every block an offset of at least `reservedBytes`, so that parts that are in use at the same time lie apart.
/// Returns the bytes of the whole arena. For many blocks the time that it takes is about proportional to their number.
size_t placeBlocks(std::vector<Block>& blocks, size_t reservedBytes);

}  // namespace gdws
