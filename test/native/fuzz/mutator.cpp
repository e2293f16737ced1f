// Changes programs as programs, so that most of those that libFuzzer tries pass the loader's first checks and reach the
// checks of the kernels.

#include "native/fuzz/mutator.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "native/fuzz/draft.h"
#include "native/random.h"

namespace gdws::test {

namespace {

constexpr size_t maxValues = 64;

template <class Item>
Item* any(std::vector<Item>& items, Random& random) {
  return items.empty() ? nullptr
                       : &items[static_cast<size_t>(random.integer(0, static_cast<int64_t>(items.size()) - 1))];
}

/// Another number in place of `word`: near it, small, or at the end of a range.
int32_t changed(int32_t word, Random& random) {
  const double kind = random.uniform();
  if (kind < 0.4) return static_cast<int32_t>(random.integer(-2, 9));
  if (kind < 0.6) return static_cast<int32_t>(static_cast<uint32_t>(word) + random.choose<uint32_t>({1, ~0u, 2, 8}));
  if (kind < 0.7) return static_cast<int32_t>(static_cast<uint32_t>(word) * 2);
  if (kind < 0.9) return static_cast<int32_t>(random.integer(10, 70));
  return random.choose<int32_t>({INT32_MIN, INT32_MIN + 1, -1, 1 << 16, (1 << 16) - 1, 1 << 28, 1 << 30, INT32_MAX});
}

int32_t changedFloat(Random& random) {
  const float x =
      random.choose({0.0f, -0.0f, 1.0f, -1.0f, 0.5f, 2.5f, 1e-30f, 3e38f, -3e38f, HUGE_VALF, -HUGE_VALF, NAN});
  int32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

/// Changes an item, or adds or takes one away.
template <class Change>
void changeList(std::vector<int32_t>& list, Random& random, const Change& change) {
  const double kind = random.uniform();
  const int64_t at = random.integer(0, static_cast<int64_t>(list.size()));
  if (list.empty() || kind < 0.15) {
    if (list.size() < maxValues) list.insert(list.begin() + at, change(0));
  } else if (kind < 0.3) {
    list.erase(list.begin() + std::min<int64_t>(at, static_cast<int64_t>(list.size()) - 1));
  } else {
    int32_t* const item = any(list, random);
    *item = change(*item);
  }
}

int32_t addValue(Draft& draft, Draft::Value value) {
  draft.values.push_back(std::move(value));
  return static_cast<int32_t>(draft.values.size()) - 1;
}

/// Makes an operation twice, the second writing values of its own, which become outputs.
void repeatOperation(Draft& draft, Random& random) {
  const Draft::Operation* const chosen = any(draft.operations, random);
  if (chosen == nullptr || draft.values.size() > maxValues) return;
  Draft::Operation again = *chosen;
  for (int32_t& id : again.outputs) {
    if (id < 0 || static_cast<size_t>(id) >= draft.values.size()) continue;
    const int32_t first = id;
    id = addValue(draft, draft.values[static_cast<size_t>(first)]);
    draft.outputs.push_back(id);
    // The second may read what the first has written.
    if (!again.inputs.empty() && random.chance(0.5)) *any(again.inputs, random) = first;
  }
  draft.operations.push_back(std::move(again));
}

void changeOperation(Draft& draft, Random& random) {
  Draft::Operation* const operation = any(draft.operations, random);
  if (operation == nullptr) return;
  const auto otherNumber = [&](int32_t word) { return changed(word, random); };
  const auto otherValue = [&](int32_t) {
    return static_cast<int32_t>(random.integer(-1, static_cast<int64_t>(draft.values.size())));
  };
  const double kind = random.uniform();
  if (kind < 0.45) return changeList(operation->ints, random, otherNumber);
  if (kind < 0.6) return changeList(operation->floats, random, [&](int32_t) { return changedFloat(random); });
  if (kind < 0.8) return changeList(operation->inputs, random, otherValue);
  if (kind < 0.9) return changeList(operation->outputs, random, otherValue);
  operation->opcode = static_cast<int32_t>(random.integer(0, opcodeCount));
}

void changeValue(Draft& draft, Random& random) {
  Draft::Value* const value = any(draft.values, random);
  if (value == nullptr) return;
  const double kind = random.uniform();
  if (kind < 0.7) {
    const auto other = [&](int32_t word) { return changed(word, random); };
    const std::vector<int32_t> before = value->dims;
    changeList(value->dims, random, other);
    // Values of the same dims often have to stay so.
    if (random.chance(0.5)) {
      for (Draft::Value& twin : draft.values) {
        if (twin.dims == before) twin.dims = value->dims;
      }
    }
  } else if (kind < 0.85) {
    value->type = static_cast<int32_t>(random.integer(-1, dataTypeCount));
  } else if (kind < 0.95) {
    value->storage = static_cast<int32_t>(random.integer(0, 2));
  } else {
    value->index = changed(value->index, random);
  }
}

/// Changes an extent wherever it occurs, so that the values still fit each other: also to none at all, and to so many
/// that only values with none along another axis can be that long.
void changeExtent(Draft& draft, Random& random) {
  Draft::Value* const value = any(draft.values, random);
  int32_t* const chosen = value == nullptr ? nullptr : any(value->dims, random);
  if (chosen == nullptr) return;
  const int32_t before = *chosen;
  const int32_t after =
      random.chance(0.5) ? random.choose<int32_t>({0, 0, 1, 1 << 20, 1 << 30, INT32_MAX}) : changed(before, random);
  for (Draft::Value& each : draft.values) std::replace(each.dims.begin(), each.dims.end(), before, after);
  if (random.chance(0.5)) return;
  for (Draft::Operation& each : draft.operations) std::replace(each.ints.begin(), each.ints.end(), before, after);
}

void changeConstant(ProgramInput& input, Random& random) {
  ProgramInput::Constant* const constant = any(input.constants, random);
  if (constant == nullptr) return;
  constexpr size_t max = 256;
  constant->bytes.resize(std::clamp<size_t>(constant->bytes.size(), 4, max));
  auto* const bytes = reinterpret_cast<uint8_t*>(constant->bytes.data());
  constant->bytes.resize(LLVMFuzzerMutate(bytes, constant->bytes.size(), constant->bytes.size()));
}

void change(Draft& draft, ProgramInput& input, Random& random) {
  const double kind = random.uniform();
  const auto otherValue = [&](int32_t) {
    return static_cast<int32_t>(random.integer(-1, static_cast<int64_t>(draft.values.size())));
  };
  if (kind < 0.45) return changeOperation(draft, random);
  if (kind < 0.65) return changeValue(draft, random);
  if (kind < 0.75) return changeExtent(draft, random);
  if (kind < 0.82) return changeConstant(input, random);
  if (kind < 0.88) return repeatOperation(draft, random);
  if (kind < 0.92) return changeList(draft.outputs, random, otherValue);
  if (kind < 0.94 && !draft.operations.empty()) draft.operations.erase(draft.operations.begin());
  input.seed = static_cast<uint32_t>(random.bits());
}

/// Appends the second program to the first, and lets it read a value of the first where one fits.
void append(Draft& draft, ProgramInput& input, const Draft& other, const ProgramInput& otherInput, Random& random) {
  const auto firstValue = static_cast<int32_t>(draft.values.size());
  const auto firstConstant = static_cast<int32_t>(input.constants.size());
  std::vector<int32_t> ids;
  for (Draft::Value value : other.values) {
    const auto twin = std::find_if(draft.values.begin(), draft.values.begin() + firstValue,
                                   [&](const auto& own) { return own.type == value.type && own.dims == value.dims; });
    if (value.storage == Draft::input && twin != draft.values.begin() + firstValue && random.chance(0.8)) {
      ids.push_back(static_cast<int32_t>(twin - draft.values.begin()));
      continue;
    }
    if (value.storage == Draft::constant) value.index += firstConstant;
    ids.push_back(addValue(draft, std::move(value)));
  }
  const auto renumber = [&](std::vector<int32_t>& list) {
    for (int32_t& id : list) {
      if (id >= 0 && static_cast<size_t>(id) < ids.size()) id = ids[static_cast<size_t>(id)];
    }
  };
  for (Draft::Operation operation : other.operations) {
    renumber(operation.inputs);
    renumber(operation.outputs);
    draft.operations.push_back(std::move(operation));
  }
  std::vector<int32_t> outputs = other.outputs;
  renumber(outputs);
  draft.outputs.insert(draft.outputs.end(), outputs.begin(), outputs.end());
  input.constants.insert(input.constants.end(), otherInput.constants.begin(), otherInput.constants.end());
}

size_t write(const ProgramInput& input, uint8_t* data, size_t maxSize) {
  const std::vector<uint8_t> file = input.serialize();
  const size_t size = std::min(file.size(), maxSize);
  std::copy_n(file.begin(), size, data);
  return size;
}

}  // namespace

}  // namespace gdws::test

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t maxSize, unsigned seed) {
  using namespace gdws::test;
  Random random(seed);
  ProgramInput input = ProgramInput::parse(data, size);
  std::optional<Draft> draft = Draft::of(input.words);
  if (!draft || random.chance(0.05)) return LLVMFuzzerMutate(data, size, maxSize);
  for (int64_t changes = random.integer(1, 4); changes > 0; --changes) change(*draft, input, random);
  if (random.chance(0.9)) draft->repair(input.constants);
  input.words = draft->words();
  return write(input, data, maxSize);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* first, size_t firstSize, const uint8_t* second,
                                            size_t secondSize, uint8_t* out, size_t maxSize, unsigned seed) {
  using namespace gdws::test;
  Random random(seed);
  ProgramInput input = ProgramInput::parse(first, firstSize);
  const ProgramInput other = ProgramInput::parse(second, secondSize);
  std::optional<Draft> draft = Draft::of(input.words);
  const std::optional<Draft> appended = Draft::of(other.words);
  if (!draft || !appended || draft->values.size() + appended->values.size() > maxValues) return 0;
  append(*draft, input, *appended, other, random);
  draft->repair(input.constants);
  input.words = draft->words();
  return write(input, out, maxSize);
}
