#include "engine/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace gdws {

namespace {

constexpr size_t alignment = 64;

size_t aligned(size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

/// A stretch of memory and the operations between which it is in use. Values that share memory share a block.
struct Block {
  size_t bytes = 0;
  int32_t firstUse = 0;
  int32_t lastUse = 0;
  size_t offset = 0;
};

constexpr int32_t never = -1;

std::vector<int32_t> lastUses(const Program& program) {
  std::vector<int32_t> last(program.values.size(), never);
  for (size_t i = 0; i < program.operations.size(); ++i) {
    for (const int32_t id : program.operations[i].inputs) {
      if (id >= 0) last[id] = static_cast<int32_t>(i);
    }
  }
  return last;
}

/// Largest first, each at the lowest offset that no block alive at the same time occupies.
size_t placeBlocks(std::vector<Block>& blocks, size_t reservedBytes) {
  std::vector<size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return blocks[a].bytes > blocks[b].bytes; });
  std::vector<size_t> placed;  // by offset
  size_t total = aligned(reservedBytes);
  for (const size_t current : order) {
    Block& block = blocks[current];
    size_t offset = aligned(reservedBytes);
    for (const size_t other : placed) {
      const Block& neighbour = blocks[other];
      if (neighbour.lastUse < block.firstUse || neighbour.firstUse > block.lastUse) continue;
      if (neighbour.offset >= offset + block.bytes) break;
      offset = std::max(offset, neighbour.offset + neighbour.bytes);
    }
    block.offset = offset;
    total = std::max(total, offset + block.bytes);
    const auto after = std::upper_bound(placed.begin(), placed.end(), current,
                                        [&](size_t a, size_t b) { return blocks[a].offset < blocks[b].offset; });
    placed.insert(after, current);
  }
  return total;
}

}  // namespace

MemoryPlan planMemory(const Program& program, const std::vector<bool>& mayOverwrite, size_t reservedBytes) {
  const size_t valueCount = program.values.size();
  MemoryPlan plan;
  plan.places.resize(valueCount);
  plan.outputCopied.assign(program.outputs.size(), true);

  for (size_t id = 0; id < valueCount; ++id) {
    const Value& value = program.values[id];
    if (value.storage == Storage::constant) plan.places[id] = {Place::Kind::constant, 0, value.index};
    if (value.storage == Storage::input) plan.places[id] = {Place::Kind::input, 0, value.index};
  }

  // The value whose memory an aliased value shares.
  std::vector<int32_t> root(valueCount);
  std::iota(root.begin(), root.end(), 0);
  for (const Operation& operation : program.operations) {
    if (operation.opcode == Opcode::alias) root[operation.outputs[0]] = root[operation.inputs[0]];
  }
  for (size_t k = 0; k < program.outputs.size(); ++k) {
    const int32_t id = root[program.outputs[k]];
    if (plan.places[id].kind != Place::Kind::unused) continue;
    plan.places[id] = {Place::Kind::output, 0, static_cast<int32_t>(k)};
    plan.outputCopied[k] = false;
  }

  std::vector<int32_t> last(valueCount, never);
  {
    const std::vector<int32_t> own = lastUses(program);
    for (size_t id = 0; id < valueCount; ++id) last[root[id]] = std::max(last[root[id]], own[id]);
  }

  std::vector<Block> blocks;
  std::vector<int32_t> blockOf(valueCount, never);
  for (size_t i = 0; i < program.operations.size(); ++i) {
    const Operation& operation = program.operations[i];
    const auto now = static_cast<int32_t>(i);
    if (operation.opcode == Opcode::alias) continue;
    for (size_t k = 0; k < operation.outputs.size(); ++k) {
      const int32_t id = operation.outputs[k];
      if (plan.places[id].kind != Place::Kind::unused) continue;
      const size_t bytes = aligned(program.values[id].bytes());
      const int32_t lastUse = std::max(last[id], now);
      if (k == 0 && mayOverwrite[i] && !operation.inputs.empty() && operation.inputs[0] >= 0) {
        const int32_t source = root[operation.inputs[0]];
        const int32_t block = blockOf[source];
        const bool alsoOtherInput = std::any_of(operation.inputs.begin() + 1, operation.inputs.end(),
                                                [&](int32_t other) { return other >= 0 && root[other] == source; });
        // An input of fewer elements is broadcast, and would be overwritten before it is read.
        const bool sameSize = program.values[operation.inputs[0]].bytes() == program.values[id].bytes();
        if (block != never && blocks[block].lastUse == now && sameSize && !alsoOtherInput) {
          blocks[block].lastUse = lastUse;
          blockOf[id] = block;
          continue;
        }
      }
      blockOf[id] = static_cast<int32_t>(blocks.size());
      blocks.push_back({bytes, now, lastUse, 0});
    }
  }
  plan.arenaBytes = placeBlocks(blocks, reservedBytes);
  for (size_t id = 0; id < valueCount; ++id) {
    if (blockOf[id] != never) plan.places[id] = {Place::Kind::arena, blocks[blockOf[id]].offset, -1};
  }
  for (size_t id = 0; id < valueCount; ++id) plan.places[id] = plan.places[root[id]];
  return plan;
}

}  // namespace gdws
