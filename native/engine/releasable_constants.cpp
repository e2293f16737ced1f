#include "engine/releasable_constants.h"

#include <algorithm>

namespace gdws {

namespace {

constexpr int32_t unused = -1;

const std::byte* beginOf(const Value& value) { return static_cast<const std::byte*>(value.data); }
const std::byte* endOf(const Value& value) { return beginOf(value) + value.bytes(); }

}  // namespace

std::vector<std::vector<int32_t>> releasableConstants(const Program& program) {
  const auto never = static_cast<int32_t>(program.operations.size());
  std::vector<int32_t> last(program.values.size(), unused);
  for (int32_t i = 0; i < never; ++i) {
    const Operation& operation = program.operations[static_cast<size_t>(i)];
    for (const int32_t id : operation.inputs) {
      if (id >= 0) last[id] = std::max(last[id], operation.opcode == Opcode::alias ? never : i);
    }
  }
  for (const int32_t id : program.outputs) last[id] = never;

  std::vector<int32_t> ids;
  for (size_t id = 0; id < program.values.size(); ++id) {
    const Value& value = program.values[id];
    if (value.storage == Storage::constant && value.bytes() > 0 && last[id] != unused) {
      ids.push_back(static_cast<int32_t>(id));
    }
  }
  std::sort(ids.begin(), ids.end(),
            [&](int32_t a, int32_t b) { return beginOf(program.values[a]) < beginOf(program.values[b]); });

  std::vector<std::vector<int32_t>> releasable(program.operations.size());
  for (size_t from = 0; from < ids.size();) {
    size_t to = from;
    int32_t lastOfAll = unused;
    for (const std::byte* end = nullptr; to < ids.size(); ++to) {
      const Value& value = program.values[ids[to]];
      if (to > from && beginOf(value) >= end) break;
      end = std::max(end, endOf(value));
      lastOfAll = std::max(lastOfAll, last[ids[to]]);
    }
    if (lastOfAll != never) {
      std::vector<int32_t>& together = releasable[static_cast<size_t>(lastOfAll)];
      together.insert(together.end(), ids.begin() + static_cast<std::ptrdiff_t>(from),
                      ids.begin() + static_cast<std::ptrdiff_t>(to));
    }
    from = to;
  }
  return releasable;
}

bool isWithinOne(const Program& program, const std::vector<int32_t>& constants, const void* from, size_t bytes) {
  const auto* const begin = static_cast<const std::byte*>(from);
  const std::byte* const end = begin + bytes;
  bool within = false;
  for (const int32_t id : constants) {
    const Value& value = program.values[id];
    if (beginOf(value) >= end || begin >= endOf(value)) continue;
    if (within || begin < beginOf(value) || end > endOf(value)) return false;
    within = true;
  }
  return within;
}

}  // namespace gdws
