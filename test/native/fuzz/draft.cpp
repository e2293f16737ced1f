#include "native/fuzz/draft.h"

#include <algorithm>
#include <iterator>

namespace gdws::test {

namespace {

constexpr int32_t header[] = {0x47445753, 1};
constexpr int64_t maxElements = 1 << 20;

/// Reads words until one is missing; from then on everything is empty.
class DraftReader {
 public:
  explicit DraftReader(const std::vector<int32_t>& words) : words_(words) {}

  int32_t word() {
    if (position_ < words_.size()) return words_[position_++];
    failed_ = true;
    return 0;
  }
  int32_t count() {
    const int32_t n = word();
    if (n < 0 || static_cast<size_t>(n) > words_.size() - position_) failed_ = true;
    return failed_ ? 0 : n;
  }
  std::vector<int32_t> list() { return list(count()); }
  std::vector<int32_t> list(int32_t count) {
    std::vector<int32_t> items;
    for (int32_t i = 0; i < count && !failed_; ++i) items.push_back(word());
    return items;
  }
  bool succeeded() const { return !failed_ && position_ == words_.size(); }

 private:
  const std::vector<int32_t>& words_;
  size_t position_ = 0;
  bool failed_ = false;
};

void append(std::vector<int32_t>& words, const std::vector<int32_t>& list) {
  words.insert(words.end(), list.begin(), list.end());
}

void appendCounted(std::vector<int32_t>& words, const std::vector<int32_t>& list) {
  words.push_back(static_cast<int32_t>(list.size()));
  append(words, list);
}

}  // namespace

std::optional<Draft> Draft::of(const std::vector<int32_t>& words) {
  DraftReader reader(words);
  for (const int32_t expected : header) {
    if (reader.word() != expected) return std::nullopt;
  }
  Draft draft;
  draft.values.resize(static_cast<size_t>(reader.count()));
  draft.operations.resize(static_cast<size_t>(reader.count()));
  const int32_t inputCount = reader.count(), outputCount = reader.count();
  for (Value& value : draft.values) {
    value.type = reader.word();
    value.storage = reader.word();
    value.index = reader.word();
    value.dims = reader.list();
  }
  draft.inputs = reader.list(inputCount);
  draft.outputs = reader.list(outputCount);
  for (Operation& operation : draft.operations) {
    operation.opcode = reader.word();
    for (auto* list : {&operation.inputs, &operation.outputs, &operation.ints, &operation.floats}) {
      *list = reader.list();
    }
  }
  if (!reader.succeeded()) return std::nullopt;
  return draft;
}

std::vector<int32_t> Draft::words() const {
  std::vector<int32_t> words(std::begin(header), std::end(header));
  for (const size_t count : {values.size(), operations.size(), inputs.size(), outputs.size()}) {
    words.push_back(static_cast<int32_t>(count));
  }
  for (const Value& value : values) {
    append(words, {value.type, value.storage, value.index});
    appendCounted(words, value.dims);
  }
  append(words, inputs);
  append(words, outputs);
  for (const Operation& operation : operations) {
    words.push_back(operation.opcode);
    for (const auto* list : {&operation.inputs, &operation.outputs, &operation.ints, &operation.floats}) {
      appendCounted(words, *list);
    }
  }
  return words;
}

void Draft::repair(std::vector<ProgramInput::Constant>& constants) {
  inputs.clear();
  for (size_t id = 0; id < values.size(); ++id) {
    Value& value = values[id];
    if (value.storage == input) {
      value.index = static_cast<int32_t>(inputs.size());
      inputs.push_back(static_cast<int32_t>(id));
    }
    if (value.storage != constant) continue;
    int64_t elements = 1;
    for (const int32_t dim : value.dims) elements = std::min(maxElements, elements * std::max(dim, 0));
    if (value.index < 0 || static_cast<size_t>(value.index) >= constants.size()) {
      value.index = static_cast<int32_t>(constants.size());
      constants.emplace_back();
    }
    ProgramInput::Constant& given = constants[static_cast<size_t>(value.index)];
    given.type = value.type;
    given.elements = static_cast<int32_t>(elements);
  }
}

}  // namespace gdws::test
