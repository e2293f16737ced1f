#include "native/plan/shadow_run.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

#include "engine/arena.h"
#include "program/attributes.h"

namespace gdws::test {

namespace {

/// The value that a byte belongs to, and its position in the value.
using Mark = std::pair<int32_t, size_t>;
using Marks = std::vector<Mark>;

constexpr Mark soiled{-1, 0};

class Shadow {
 public:
  Shadow(const PlannedProgram& planned, size_t reservedBytes, const MemoryPlan& plan)
      : program_(planned.program), overwrites_(planned.overwrites), reservedBytes_(reservedBytes), plan_(plan) {}

  void run() {
    memory_[{Place::Kind::arena, -1}].assign(plan_.arenaBytes, soiled);
    for (size_t k = 0; k < program_.outputs.size(); ++k) {
      memory_[{Place::Kind::output, static_cast<int32_t>(k)}].assign(program_.values[program_.outputs[k]].bytes(),
                                                                     soiled);
    }
    expected_.resize(program_.values.size());
    for (size_t id = 0; id < program_.values.size(); ++id) {
      const Value& value = program_.values[id];
      if (value.storage == Storage::temporary) continue;
      const auto kind = value.storage == Storage::input ? Place::Kind::input : Place::Kind::constant;
      memory_[{kind, value.index}] = expected_[id] = own(static_cast<int32_t>(id));
    }
    for (size_t i = 0; i < program_.operations.size(); ++i) operate(i);
    for (size_t k = 0; k < program_.outputs.size(); ++k) {
      Marks& output = memory_[{Place::Kind::output, static_cast<int32_t>(k)}];
      if (plan_.outputCopied[k]) {
        const Mark* const from = at(program_.outputs[k]);
        std::copy_n(from, output.size(), output.begin());
      } else if (at(program_.outputs[k]) != output.data()) {
        fail("output " + std::to_string(k) + " lies elsewhere");
      }
    }
    for (size_t k = 0; k < program_.outputs.size(); ++k) {
      if (memory_[{Place::Kind::output, static_cast<int32_t>(k)}] != expected_[program_.outputs[k]])
        fail("output " + std::to_string(k) + " is wrong");
    }
  }

 private:
  [[noreturn]] static void fail(const std::string& message) { throw std::runtime_error(message); }

  Marks own(int32_t id) const {
    Marks marks;
    for (size_t i = 0; i < program_.values[id].bytes(); ++i) marks.emplace_back(id, i);
    return marks;
  }

  /// Where the value lies, to be read.
  Mark* at(int32_t id) {
    const Place& place = plan_.places[id];
    const auto memory = memory_.find({place.kind, place.index});
    if (memory == memory_.end()) fail("value " + std::to_string(id) + " lies nowhere");
    if (place.offset + program_.values[id].bytes() > memory->second.size())
      fail("value " + std::to_string(id) + " lies beyond its memory");
    return memory->second.data() + place.offset;
  }

  void operate(size_t i) {
    const Operation& operation = program_.operations[i];
    if (operation.opcode == Opcode::alias) {
      expected_[operation.outputs[0]] = expected_[operation.inputs[0]];
      if (at(operation.outputs[0]) != at(operation.inputs[0])) fail("a view lies elsewhere");
      return expectMarks(i, operation.outputs[0]);
    }
    for (const int32_t id : operation.outputs) {
      expected_[id] = own(id);
      expectWritable(id);
    }
    if (operation.opcode == Opcode::concat) expected_[operation.outputs[0]] = joined(operation);
    for (const int32_t id : operation.inputs) {
      if (id >= 0) expectMarks(i, id);
    }
    for (const int32_t id : operation.outputs) soil(operation, id);
    soilScratch();
    for (size_t k = 0; k < operation.inputs.size(); ++k) {
      const int32_t id = operation.inputs[k];
      const bool isOverwritten = overwrites_[i] == static_cast<int32_t>(k) && id >= 0 &&
                                 at(id) == at(operation.outputs[0]) &&
                                 program_.values[id].bytes() == program_.values[operation.outputs[0]].bytes();
      if (id >= 0 && !isOverwritten) expectMarks(i, id);
    }
    for (const int32_t id : operation.outputs) std::copy(expected_[id].begin(), expected_[id].end(), at(id));
    soilScratch();
    for (const int32_t id : operation.outputs) expectMarks(i, id);
  }

  void expectWritable(int32_t id) const {
    const Place& place = plan_.places[id];
    const bool isOutput = place.kind == Place::Kind::output;
    if (place.kind != Place::Kind::arena && !isOutput) fail("what was given is written to");
    if (isOutput && plan_.outputCopied[static_cast<size_t>(place.index)])
      fail("an output is written that a copy replaces");
    if (place.offset % memoryAlignment != 0) fail("a result is not aligned");
  }

  void expectMarks(size_t i, int32_t id) {
    if (!std::equal(expected_[id].begin(), expected_[id].end(), at(id)))
      fail("value " + std::to_string(id) + " is lost at operation " + std::to_string(i));
  }

  void soil(const Operation& operation, int32_t id) {
    Mark* const result = at(id);
    const bool mayLieThere = operation.opcode == Opcode::concat && rowsOf(operation) == 1;
    if (!mayLieThere) {
      std::fill_n(result, program_.values[id].bytes(), soiled);
      return;
    }
    size_t offset = 0;
    for (const int32_t input : operation.inputs) {
      const size_t bytes = program_.values[input].bytes();
      if (at(input) != result + offset) std::fill_n(result + offset, bytes, soiled);
      offset += bytes;
    }
  }

  void soilScratch() {
    Marks& arena = memory_[{Place::Kind::arena, -1}];
    std::fill_n(arena.begin(), std::min(reservedBytes_, arena.size()), soiled);
  }

  size_t rowsOf(const Operation& operation) const {
    const int32_t joined = ConcatAttributes::of(OperationView(program_, operation)).axis;
    size_t rows = 1;
    for (int32_t axis = 0; axis < joined; ++axis) rows *= program_.values[operation.outputs[0]].dims[axis];
    return rows;
  }

  Marks joined(const Operation& operation) const {
    Marks marks;
    const size_t rows = rowsOf(operation);
    for (size_t row = 0; row < rows; ++row) {
      for (const int32_t id : operation.inputs) {
        const size_t bytes = expected_[id].size() / rows;
        marks.insert(marks.end(), expected_[id].begin() + row * bytes, expected_[id].begin() + (row + 1) * bytes);
      }
    }
    return marks;
  }

  const Program& program_;
  const std::vector<int32_t>& overwrites_;
  size_t reservedBytes_;
  const MemoryPlan& plan_;
  std::map<std::pair<Place::Kind, int32_t>, Marks> memory_;
  std::vector<Marks> expected_;  ///< by value
};

}  // namespace

std::string shadowRun(const PlannedProgram& planned, size_t reservedBytes, const MemoryPlan& plan) {
  try {
    Shadow(planned, reservedBytes, plan).run();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

}  // namespace gdws::test
