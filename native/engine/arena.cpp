#include "engine/arena.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <utility>

namespace gdws {

namespace {

/// The lowest offset from `offset` on at which no part of `block` meets one of `placed` that is in use at the same
/// time. A part that meets one does so at every offset until it has passed it.
size_t lowestOffset(const Block& block, const std::vector<Part>& placed, size_t offset) {
  for (bool moved = true; moved;) {
    moved = false;
    for (const Part& part : block.parts) {
      for (const Part& other : placed) {
        if (other.lastUse < part.firstUse || other.firstUse > part.lastUse) continue;
        const size_t begin = offset + part.at, end = other.at + other.bytes;
        if (other.at >= begin + part.bytes || begin >= end) continue;
        offset = alignedSize(end - part.at);
        moved = true;
      }
    }
  }
  return offset;
}

size_t placeInOrder(std::vector<Block>& blocks, const std::vector<size_t>& order, size_t reservedBytes) {
  std::vector<Part> placed;  // at offsets in the arena
  size_t total = alignedSize(reservedBytes);
  for (const size_t current : order) {
    Block& block = blocks[current];
    block.offset = lowestOffset(block, placed, alignedSize(reservedBytes));
    total = std::max(total, block.offset + alignedSize(block.bytes()));
    for (Part part : block.parts) {
      part.at += block.offset;
      placed.push_back(part);
    }
  }
  return total;
}

/// The largest number of blocks that are compared in pairs, which takes a tenth of a second.
constexpr size_t maxCompared = 2000;

/// Memory that was in use and is free again.
class FreeMemory {
 public:
  explicit FreeMemory(size_t begin) : end_(begin) {}

  /// The smallest free stretch that is large enough, or new memory at the end.
  size_t take(size_t bytes) {
    const auto fitting = bySize_.lower_bound({bytes, 0});
    if (fitting == bySize_.end()) {
      const size_t offset = end_;
      end_ += bytes;
      return offset;
    }
    const auto [size, offset] = *fitting;
    remove(offset, size);
    if (size > bytes) add(offset + bytes, size - bytes);
    return offset;
  }

  void give(size_t offset, size_t bytes) {
    if (bytes == 0) return;
    auto after = byOffset_.lower_bound(offset);
    if (after != byOffset_.end() && after->first == offset + bytes) {
      const size_t size = after->second;
      remove(offset + bytes, size);
      bytes += size;
      after = byOffset_.lower_bound(offset);
    }
    if (after != byOffset_.begin()) {
      const auto [begin, size] = *std::prev(after);
      if (begin + size == offset) {
        remove(begin, size);
        offset = begin;
        bytes += size;
      }
    }
    add(offset, bytes);
  }

  size_t end() const { return end_; }

 private:
  void add(size_t offset, size_t size) {
    byOffset_.emplace(offset, size);
    bySize_.emplace(size, offset);
  }

  void remove(size_t offset, size_t size) {
    byOffset_.erase(offset);
    bySize_.erase({size, offset});
  }

  std::map<size_t, size_t> byOffset_;
  std::set<std::pair<size_t, size_t>> bySize_;  ///< (size, offset)
  size_t end_;
};

/// Places blocks in the order in which they come into use, each for all of its time: fast for any number of blocks.
size_t placeByTime(std::vector<Block>& blocks, size_t reservedBytes) {
  struct Use {
    int32_t first, last;
    size_t block;
  };
  std::vector<Use> uses;
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].parts.empty()) continue;
    Use use{blocks[i].parts[0].firstUse, blocks[i].parts[0].lastUse, i};
    for (const Part& part : blocks[i].parts) use.last = std::max(use.last, part.lastUse);
    uses.push_back(use);
  }
  std::sort(uses.begin(), uses.end(), [](const Use& a, const Use& b) { return a.first < b.first; });
  FreeMemory memory(alignedSize(reservedBytes));
  std::multimap<int32_t, size_t> inUse;  ///< blocks by their last use
  for (const Use& use : uses) {
    while (!inUse.empty() && inUse.begin()->first < use.first) {
      const Block& block = blocks[inUse.begin()->second];
      memory.give(block.offset, alignedSize(block.bytes()));
      inUse.erase(inUse.begin());
    }
    blocks[use.block].offset = memory.take(alignedSize(blocks[use.block].bytes()));
    inUse.emplace(use.last, use.block);
  }
  return memory.end();
}

}  // namespace

size_t Block::bytes() const {
  size_t end = 0;
  for (const Part& part : parts) end = std::max(end, part.at + part.bytes);
  return end;
}

size_t placeBlocks(std::vector<Block>& blocks, size_t reservedBytes) {
  if (blocks.size() > maxCompared) return placeByTime(blocks, reservedBytes);
  // No order is best for all programs: the largest first, the longest in use first, and both at once are tried.
  const auto lifetime = [](const Block& block) {
    int32_t uses = 0;
    for (const Part& part : block.parts) uses = std::max(uses, part.lastUse - part.firstUse + 1);
    return static_cast<double>(uses);
  };
  const std::function<double(const Block&)> ranks[] = {
      [](const Block& block) { return static_cast<double>(block.bytes()); },
      lifetime,
      [&](const Block& block) { return static_cast<double>(block.bytes()) * lifetime(block); },
  };
  std::vector<Block> best;
  size_t bestTotal = 0;
  for (const auto& rank : ranks) {
    std::vector<double> weight;
    for (const Block& block : blocks) weight.push_back(rank(block));
    std::vector<size_t> order(blocks.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return weight[a] > weight[b]; });
    const size_t total = placeInOrder(blocks, order, reservedBytes);
    if (best.size() == blocks.size() && total >= bestTotal && bestTotal > 0) continue;
    best = blocks;
    bestTotal = total;
  }
  blocks = std::move(best);
  return bestTotal;
}

}  // namespace gdws
