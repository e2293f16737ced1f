#include "engine/memory_plan.h"

#include <algorithm>
#include <numeric>

#include "engine/arena.h"
#include "engine/concat_placement.h"

namespace gdws {

namespace {

constexpr int32_t never = -1;

/// Gives every value that an operation writes a place, operation by operation.
class MemoryPlanner {
 public:
  MemoryPlanner(const Program& program, const std::vector<int32_t>& overwrites)
      : program_(program),
        overwrites_(overwrites),
        root_(program.values.size()),
        last_(program.values.size(), never),
        blockOf_(program.values.size(), never) {
    plan_.places.resize(program.values.size());
    plan_.outputCopied.assign(program.outputs.size(), true);
  }

  MemoryPlan plan(size_t reservedBytes) {
    findRoots();
    placeGiven();
    findConcatPlacements();
    findLastUses();
    for (size_t i = 0; i < program_.operations.size(); ++i) {
      if (program_.operations[i].opcode != Opcode::alias) placeResults(static_cast<int32_t>(i));
    }
    plan_.arenaBytes = placeBlocks(blocks_, reservedBytes);
    for (size_t id = 0; id < root_.size(); ++id) {
      if (blockOf_[id] != never) plan_.places[id].offset += blocks_[blockOf_[id]].offset;
    }
    for (size_t id = 0; id < root_.size(); ++id) plan_.places[id] = plan_.places[root_[id]];
    return std::move(plan_);
  }

 private:
  void findRoots() {
    std::iota(root_.begin(), root_.end(), 0);
    for (const Operation& operation : program_.operations) {
      if (operation.opcode == Opcode::alias) root_[operation.outputs[0]] = root_[operation.inputs[0]];
    }
  }

  /// Places constants, inputs and outputs.
  void placeGiven() {
    for (size_t id = 0; id < root_.size(); ++id) {
      const Value& value = program_.values[id];
      if (value.storage == Storage::constant) plan_.places[id] = {Place::Kind::constant, 0, value.index};
      if (value.storage == Storage::input) plan_.places[id] = {Place::Kind::input, 0, value.index};
    }
    for (size_t k = 0; k < program_.outputs.size(); ++k) {
      Place& place = plan_.places[root_[program_.outputs[k]]];
      if (place.kind != Place::Kind::unused) continue;
      place = {Place::Kind::output, 0, static_cast<int32_t>(k)};
      plan_.outputCopied[k] = false;
    }
  }

  void findConcatPlacements() {
    std::vector<bool> mayMove;
    for (const Place& place : plan_.places) mayMove.push_back(place.kind == Place::Kind::unused);
    concatPlacements_ = placeInConcats(program_, root_, mayMove);
  }

  void findLastUses() {
    for (size_t i = 0; i < program_.operations.size(); ++i) {
      for (const int32_t id : program_.operations[i].inputs) {
        if (id >= 0) last_[root_[id]] = static_cast<int32_t>(i);
      }
      for (const int32_t id : program_.operations[i].outputs) last_[root_[id]] = static_cast<int32_t>(i);
    }
  }

  void placeResults(int32_t now) {
    const Operation& operation = program_.operations[now];
    for (size_t k = 0; k < operation.outputs.size(); ++k) {
      const int32_t id = operation.outputs[k];
      if (concatPlacements_[id].concatId >= 0) placeInConcat(id);
      if (plan_.places[id].kind == Place::Kind::output) continue;
      if (blockOf_[id] == never) {
        if (k == 0 && overwriteInput(operation, now)) continue;
        plan_.places[id] = {Place::Kind::arena, 0, -1};
        blockOf_[id] = newBlock();
      }
      const size_t bytes = alignedSize(program_.values[id].bytes());
      blocks_[blockOf_[id]].parts.push_back({plan_.places[id].offset, bytes, now, last_[id]});
    }
  }

  /// Gives the value its place in the outermost concatenation's result that it is part of, and that result a block if
  /// it has none yet.
  void placeInConcat(int32_t id) {
    size_t offset = 0;
    int32_t outermost = id;
    for (; concatPlacements_[outermost].concatId >= 0; outermost = concatPlacements_[outermost].concatId) {
      offset += concatPlacements_[outermost].offset;
    }
    if (plan_.places[outermost].kind == Place::Kind::unused) {
      plan_.places[outermost] = {Place::Kind::arena, 0, -1};
      blockOf_[outermost] = newBlock();
    }
    plan_.places[id] = plan_.places[outermost];
    plan_.places[id].offset += offset;
    blockOf_[id] = blockOf_[outermost];
  }

  int32_t newBlock() {
    blocks_.emplace_back();
    return static_cast<int32_t>(blocks_.size() - 1);
  }

  /// Gives the result the memory of the input that the operation may overwrite, where nothing reads that any more.
  bool overwriteInput(const Operation& operation, int32_t now) {
    const int32_t operand = overwrites_[now];
    const auto operands = static_cast<int32_t>(operation.inputs.size());
    if (operand < 0 || operand >= operands || operation.inputs[operand] < 0) return false;
    const int32_t id = operation.outputs[0], source = root_[operation.inputs[operand]];
    if (blockOf_[source] == never) return false;
    // An input of fewer elements is broadcast, and would be overwritten before it is read.
    const size_t bytes = program_.values[id].bytes();
    if (program_.values[source].bytes() != bytes) return false;
    const size_t begin = plan_.places[source].offset, end = begin + bytes;
    // Another operand may be the same value, a part of it, or something that it is part of.
    for (size_t k = 0; k < operation.inputs.size(); ++k) {
      const int32_t input = operation.inputs[k];
      if (static_cast<int32_t>(k) == operand || input < 0 || blockOf_[root_[input]] != blockOf_[source]) continue;
      const size_t other = plan_.places[root_[input]].offset;
      if (other < end && begin < other + program_.values[input].bytes()) return false;
    }
    std::vector<Part*> parts;
    for (Part& part : blocks_[blockOf_[source]].parts) {
      if (part.at >= end || begin >= part.at + part.bytes) continue;
      if (part.lastUse > now) return false;
      parts.push_back(&part);
    }
    for (Part* part : parts) part->lastUse = last_[id];
    plan_.places[id] = plan_.places[source];
    blockOf_[id] = blockOf_[source];
    return true;
  }

  const Program& program_;
  const std::vector<int32_t>& overwrites_;
  std::vector<int32_t> root_;  ///< of each value, the one whose memory it shares
  std::vector<int32_t> last_;  ///< operation that reads each root last, or writes it where none does
  std::vector<ConcatPlacement> concatPlacements_;
  std::vector<Block> blocks_;
  std::vector<int32_t> blockOf_;  ///< of each root in the arena
  MemoryPlan plan_;
};

}  // namespace

MemoryPlan planMemory(const Program& program, const std::vector<int32_t>& overwrites, size_t reservedBytes) {
  return MemoryPlanner(program, overwrites).plan(reservedBytes);
}

}  // namespace gdws
