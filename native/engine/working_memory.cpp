#include "engine/working_memory.h"

#include <algorithm>
#include <new>
#include <utility>

namespace gdws {

namespace {

/// A block is taken for at least this part of its size, so that small values do not hold the memory of large ones.
constexpr size_t slack = 4;
/// Below this size, any block will do.
constexpr size_t smallBytes = size_t{1} << 12;

bool suits(const WorkingMemory::Block& block, size_t bytes) {
  return block.bytes >= bytes && block.bytes / slack <= std::max(bytes, smallBytes);
}

}  // namespace

WorkingMemory::Block WorkingMemory::borrow(size_t bytes) {
  Block outgrown;
  {
    const std::lock_guard lock(mutex_);
    auto best = spares_.end();
    auto largestBelow = spares_.end();
    for (auto spare = spares_.begin(); spare != spares_.end(); ++spare) {
      if (suits(*spare, bytes)) {
        if (best == spares_.end() || spare->bytes < best->bytes) best = spare;
      } else if (spare->bytes < bytes && (largestBelow == spares_.end() || spare->bytes > largestBelow->bytes)) {
        largestBelow = spare;
      }
    }
    if (best != spares_.end()) {
      Block found = std::move(*best);
      spares_.erase(best);
      return found;
    }
    if (largestBelow != spares_.end()) {
      outgrown = std::move(*largestBelow);
      spares_.erase(largestBelow);
    }
  }
  // Freed first: the new block takes its place.
  outgrown = {};
  const MemoryAccount::Scope scope(account_);
  return {allocateCounted(bytes, MemoryUse::work), bytes};
}

void WorkingMemory::giveBack(Block block, size_t most) {
  const std::lock_guard lock(mutex_);
  if (spares_.size() >= most) return;
  try {
    spares_.push_back(std::move(block));
  } catch (const std::bad_alloc&) {
    // There is no memory for the list: the block is freed, and the run has succeeded.
  }
}

size_t WorkingMemory::spares() const {
  const std::lock_guard lock(mutex_);
  return spares_.size();
}

}  // namespace gdws
