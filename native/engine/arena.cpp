#include "engine/arena.h"

#include <algorithm>
#include <functional>
#include <numeric>

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

}  // namespace

size_t Block::bytes() const {
  size_t end = 0;
  for (const Part& part : parts) end = std::max(end, part.at + part.bytes);
  return end;
}

size_t placeBlocks(std::vector<Block>& blocks, size_t reservedBytes) {
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
  size_t fewest = 0;
  for (const auto& rank : ranks) {
    std::vector<double> weight;
    for (const Block& block : blocks) weight.push_back(rank(block));
    std::vector<size_t> order(blocks.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return weight[a] > weight[b]; });
    const size_t total = placeInOrder(blocks, order, reservedBytes);
    if (best.size() == blocks.size() && total >= fewest && fewest > 0) continue;
    best = blocks;
    fewest = total;
  }
  blocks = std::move(best);
  return fewest;
}

}  // namespace gdws
