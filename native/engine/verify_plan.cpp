#include "engine/verify_plan.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "engine/arena.h"
#include "program/attributes.h"

namespace gdws {

namespace {

/// Bytes of one memory: the arena, or an output, an input or a constant.
struct Bytes {
  Place::Kind memory;
  int32_t index;
  size_t begin, end;

  bool meets(const Bytes& other) const {
    const bool isSameMemory = memory == other.memory && index == other.index;
    return isSameMemory && begin < end && other.begin < other.end && begin < other.end && other.begin < end;
  }
  bool operator==(const Bytes&) const = default;
};

class PlanVerifier {
 public:
  PlanVerifier(const Program& program, const std::vector<int32_t>& overwrites, size_t reservedBytes,
               const MemoryPlan& plan)
      : program_(program), overwrites_(overwrites), plan_(plan), scratch_{Place::Kind::arena, -1, 0, reservedBytes} {}

  void verify() {
    findLifetimes();
    for (size_t id = 0; id < program_.values.size(); ++id) {
      if (isUsed(id)) verifyPlace(static_cast<int32_t>(id));
    }
    verifyOutputs();
    for (const int32_t id : program_.inputs) alive_.push_back(id);
    for (size_t id = 0; id < program_.values.size(); ++id) {
      if (program_.values[id].storage == Storage::constant) alive_.push_back(static_cast<int32_t>(id));
    }
    for (now_ = 0; now_ < static_cast<int32_t>(program_.operations.size()); ++now_) verifyOperation();
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    const bool inOperation = now_ >= 0 && now_ < static_cast<int32_t>(program_.operations.size());
    throw PlanError(inOperation ? "operation " + std::to_string(now_) + " " + message : message,
                    inOperation ? now_ : -1);
  }

  static std::string nameOf(int32_t id) { return "value " + std::to_string(id); }

  void findLifetimes() {
    written_.assign(program_.values.size(), never);
    lastRead_.assign(program_.values.size(), never);
    for (size_t i = 0; i < program_.operations.size(); ++i) {
      const auto time = static_cast<int32_t>(i);
      for (const int32_t id : program_.operations[i].inputs) {
        if (id >= 0) lastRead_[id] = time;
      }
      for (const int32_t id : program_.operations[i].outputs) written_[id] = time;
    }
    for (const int32_t id : program_.outputs) lastRead_[id] = static_cast<int32_t>(program_.operations.size());
  }

  bool isUsed(size_t id) const { return written_[id] != never || lastRead_[id] != never; }

  Bytes bytesOf(int32_t id) const {
    const Place& place = plan_.places[id];
    return {place.kind, place.index, place.offset, place.offset + program_.values[id].bytes()};
  }

  void verifyPlace(int32_t id) const {
    const Value& value = program_.values[id];
    const Bytes bytes = bytesOf(id);
    const bool isOperationsOwn = value.storage == Storage::temporary && !isAlias(id);
    switch (bytes.memory) {
      case Place::Kind::unused:
        fail(nameOf(id) + " has no place");
      case Place::Kind::arena:
        if (bytes.end > plan_.arenaBytes) fail(nameOf(id) + " ends beyond the arena");
        break;
      case Place::Kind::output:
        if (bytes.index < 0 || bytes.index >= static_cast<int32_t>(program_.outputs.size()) ||
            bytes.end > program_.values[program_.outputs[bytes.index]].bytes()) {
          fail(nameOf(id) + " lies beyond an output");
        }
        if (plan_.outputCopied[bytes.index]) fail(nameOf(id) + " lies in an output that is copied at the end");
        break;
      case Place::Kind::input:
      case Place::Kind::constant:
        if (isOperationsOwn) fail(nameOf(id) + " is written over an input or a constant");
        break;
    }
    if (value.storage == Storage::temporary) {
      if (bytes.begin % memoryAlignment != 0) fail(nameOf(id) + " is not aligned");
      return;
    }
    const Place::Kind own = value.storage == Storage::input ? Place::Kind::input : Place::Kind::constant;
    if (bytes.memory != own || bytes.index != value.index || bytes.begin != 0)
      fail(nameOf(id) + " is not in its own memory");
  }

  bool isAlias(int32_t id) const {
    return written_[id] != never && program_.operations[written_[id]].opcode == Opcode::alias;
  }

  void verifyOutputs() const {
    for (size_t k = 0; k < program_.outputs.size(); ++k) {
      if (plan_.outputCopied[k]) continue;
      const Bytes bytes = bytesOf(program_.outputs[k]);
      if (bytes.memory != Place::Kind::output || bytes.index != static_cast<int32_t>(k) || bytes.begin != 0) {
        fail("output " + std::to_string(k) + " is neither written in place nor copied");
      }
    }
  }

  void verifyOperation() {
    std::erase_if(alive_, [&](int32_t id) { return lastRead_[id] < now_; });
    const Operation& operation = program_.operations[now_];
    if (operation.opcode == Opcode::alias) {
      if (bytesOf(operation.outputs[0]) != bytesOf(operation.inputs[0])) fail("moves its alias");
    } else {
      for (size_t k = 0; k < operation.outputs.size(); ++k) verifyResult(operation, k);
      for (const int32_t id : alive_) {
        if (scratch_.meets(bytesOf(id))) fail("has scratch memory over " + nameOf(id));
      }
    }
    alive_.insert(alive_.end(), operation.outputs.begin(), operation.outputs.end());
  }

  void verifyResult(const Operation& operation, size_t k) const {
    for (const Bytes& written : writtenBytes(operation, k)) {
      for (const int32_t id : alive_) {
        if (!written.meets(bytesOf(id)) || (k == 0 && mayOverwrite(operation, id))) continue;
        fail("writes " + nameOf(operation.outputs[k]) + " over " + nameOf(id) + ", which operation " +
             std::to_string(lastRead_[id]) + " still reads");
      }
      if (scratch_.meets(written)) fail("has scratch memory over its own result");
      for (size_t other = 0; other < k; ++other) {
        if (written.meets(bytesOf(operation.outputs[other]))) fail("writes two results to the same bytes");
      }
    }
  }

  /// The bytes of a result that an operation writes: all, except inputs of a concatenation that lie there already.
  std::vector<Bytes> writtenBytes(const Operation& operation, size_t k) const {
    const Bytes result = bytesOf(operation.outputs[k]);
    if (operation.opcode != Opcode::concat || !isContiguous(operation)) return {result};
    std::vector<Bytes> written;
    size_t begin = result.begin;
    for (const int32_t id : operation.inputs) {
      const Bytes part{result.memory, result.index, begin, begin + program_.values[id].bytes()};
      if (bytesOf(id) != part) written.push_back(part);
      begin = part.end;
    }
    return written;
  }

  /// Whether each input of a concatenation is contiguous in its result.
  bool isContiguous(const Operation& operation) const {
    const int32_t concatAxis = ConcatAttributes::of(OperationView(program_, operation)).axis;
    int64_t rows = 1;
    for (int32_t axis = 0; axis < concatAxis; ++axis) rows *= program_.values[operation.outputs[0]].dims[axis];
    return rows == 1;
  }

  /// Whether the value is the operand that the kernel may overwrite, is no other operand, and is not read later.
  bool mayOverwrite(const Operation& operation, int32_t id) const {
    const int32_t at = overwrites_[now_];
    if (at < 0 || at >= static_cast<int32_t>(operation.inputs.size()) || operation.inputs[at] != id) return false;
    const bool isOnce = std::count(operation.inputs.begin(), operation.inputs.end(), id) == 1;
    return isOnce && lastRead_[id] == now_ && bytesOf(id) == bytesOf(operation.outputs[0]);
  }

  static constexpr int32_t never = -1;

  const Program& program_;
  const std::vector<int32_t>& overwrites_;
  const MemoryPlan& plan_;
  const Bytes scratch_;
  std::vector<int32_t> written_;   ///< the operation that writes each value
  std::vector<int32_t> lastRead_;  ///< the operation that reads each value last; the number of operations for an output
  std::vector<int32_t> alive_;     ///< written before the operation, and read by it or later
  int32_t now_ = never;            ///< the operation
};

}  // namespace

void verifyPlan(const Program& program, const std::vector<int32_t>& overwrites, size_t reservedBytes,
                const MemoryPlan& plan) {
  PlanVerifier(program, overwrites, reservedBytes, plan).verify();
}

bool plansAreVerified() {
#ifdef GDWS_SANITIZED
  return true;
#else
  const char* const wanted = std::getenv("GDWS_VERIFY_PLANS");
  return wanted != nullptr && std::strcmp(wanted, "on") == 0;
#endif
}

}  // namespace gdws
