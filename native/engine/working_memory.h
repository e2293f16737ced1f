#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/aligned_bytes.h"
#include "base/memory_account.h"
#include "base/mutex.h"

namespace gdws {

/// Memory that runs need while they last, and that later runs of any program of the session use again: it saves the
/// first touch of new pages, and what is kept follows the largest shapes, not how many there were.
class WorkingMemory {
 public:
  struct Block {
    AlignedBytes memory;
    size_t bytes = 0;
  };

  explicit WorkingMemory(std::shared_ptr<MemoryAccount> account) : account_(std::move(account)) {}

  /// A block of `bytes` or somewhat more. Throws std::bad_alloc.
  Block borrow(size_t bytes);
  /// Takes a block back, and keeps it unless there are `most` already.
  void giveBack(Block block, size_t most);
  /// How many blocks nothing uses now.
  size_t spares() const;

 private:
  std::shared_ptr<MemoryAccount> account_;
  mutable Mutex mutex_;
  std::vector<Block> spares_;
};

}  // namespace gdws
