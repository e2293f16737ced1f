#include "program/program.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

#include "program/attributes.h"

namespace gdws {

namespace {

constexpr int32_t magic = 0x47445753;
constexpr int32_t format = 1;
constexpr int32_t maxRank = 32;
/// Keeps every size in bytes far from overflow, and every element index within 32 bits signed times 8.
constexpr int64_t maxElements = int64_t{1} << 36;
/// What the values of a program take together: where addresses have 32 bits, no offset in memory overflows then, and no
/// packed form of weights, which have at most 8 times as many floats.
constexpr int64_t maxBytes = sizeof(size_t) > 4 ? INT64_MAX : int64_t{1} << 31;
/// The dims of an empty value, those of 0 aside: kernels loop over them for nothing.
constexpr int64_t maxEmptyExtent = int64_t{1} << 31;

/// Reads words in order and never past their end.
class WordReader {
 public:
  WordReader(const int32_t* words, size_t count) : words_(words), count_(count) {}

  int32_t word(const char* what) {
    if (position_ >= count_) throw ProgramError(std::string("the program ends within ") + what);
    return words_[position_++];
  }

  int32_t count(const char* what) {
    const int32_t n = word(what);
    // Each item counted has at least one word: a count beyond the remaining words is refused before anything is
    // allocated.
    if (n < 0 || static_cast<size_t>(n) > count_ - position_) {
      throw ProgramError(std::string("the program declares ") + std::to_string(n) + " " + what);
    }
    return n;
  }

  int32_t below(int32_t limit, const char* what) {
    const int32_t n = word(what);
    if (n < 0 || n >= limit) throw ProgramError(std::string("unknown ") + what + " " + std::to_string(n));
    return n;
  }

  std::vector<int32_t> list(const char* what) {
    std::vector<int32_t> items(static_cast<size_t>(count(what)));
    for (int32_t& item : items) item = word(what);
    return items;
  }

  bool atEnd() const { return position_ == count_; }

 private:
  const int32_t* words_;
  size_t count_;
  size_t position_ = 0;
};

Value readValue(WordReader& reader, const Constants& constants, size_t inputCount) {
  Value value;
  value.type = static_cast<DataType>(reader.below(dataTypeCount, "element type"));
  value.storage = static_cast<Storage>(reader.below(3, "storage"));
  value.index = reader.word("value");
  const int32_t rank = reader.count("dimensions");
  if (rank > maxRank) throw ProgramError("a value has " + std::to_string(rank) + " dimensions");
  int64_t elements = 1, extent = 1;
  for (int32_t axis = 0; axis < rank; ++axis) {
    const int32_t dim = reader.word("dimensions");
    if (dim < 0) throw ProgramError("a dimension is negative");
    value.dims.push_back(dim);
    // Dimensions of 0 aside, so that no product of some of them overflows either.
    if (dim > 0 && extent > maxElements / dim) throw ProgramError("a value has more than 2^36 elements");
    extent *= std::max(dim, 1);
    elements *= dim;
  }
  if (elements == 0 && extent > maxEmptyExtent) throw ProgramError("an empty value has dims of more than 2^31");
  if (elements > maxBytes / static_cast<int64_t>(bytesOf(value.type))) throw std::bad_alloc();
  value.elements = static_cast<size_t>(elements);
  if (value.storage == Storage::constant) {
    const auto given = constants.find(value.index);
    if (given == constants.end() || (given->second.data == nullptr && value.elements > 0)) {
      throw ProgramError("constant " + std::to_string(value.index) + " was not given");
    }
    const ConstantData& constant = given->second;
    if (constant.type != value.type || constant.elements != value.elements) {
      throw ProgramError("constant " + std::to_string(value.index) + " has " + std::to_string(constant.elements) +
                         " elements where its value has " + std::to_string(value.elements));
    }
    value.data = constant.data;
  } else if (value.storage == Storage::input && (value.index < 0 || static_cast<size_t>(value.index) >= inputCount)) {
    throw ProgramError("a value names input " + std::to_string(value.index));
  }
  return value;
}

void checkId(int32_t id, const Program& program, int32_t operation) {
  if (id < 0 || static_cast<size_t>(id) >= program.values.size()) {
    throw ProgramError("value " + std::to_string(id) + " does not exist", operation);
  }
}

/// Each temporary is written once, before anything reads it.
void checkOrder(const Program& program) {
  std::vector<bool> written(program.values.size());
  for (size_t id = 0; id < written.size(); ++id) written[id] = program.values[id].storage != Storage::temporary;
  for (size_t i = 0; i < program.operations.size(); ++i) {
    const auto index = static_cast<int32_t>(i);
    for (const int32_t id : program.operations[i].inputs) {
      if (id == -1) continue;
      checkId(id, program, index);
      if (!written[id]) throw ProgramError("value " + std::to_string(id) + " is read before it is written", index);
    }
    if (program.operations[i].outputs.empty()) throw ProgramError("the operation has no output", index);
    for (const int32_t id : program.operations[i].outputs) {
      checkId(id, program, index);
      if (written[id]) throw ProgramError("value " + std::to_string(id) + " is written twice", index);
      written[id] = true;
    }
  }
  for (const int32_t id : program.outputs) {
    checkId(id, program, -1);
    if (!written[id]) throw ProgramError("output value " + std::to_string(id) + " is never written");
  }
}

}  // namespace

Program parseProgram(const int32_t* words, size_t count, const Constants& constants) {
  WordReader reader(words, count);
  if (reader.word("header") != magic) throw ProgramError("not a program");
  if (const int32_t version = reader.word("header"); version != format) {
    throw ProgramError("program format " + std::to_string(version) + " is not " + std::to_string(format));
  }
  const int32_t valueCount = reader.count("values");
  const int32_t operationCount = reader.count("operations");
  const int32_t inputCount = reader.count("inputs");
  const int32_t outputCount = reader.count("outputs");

  Program program;
  program.values.reserve(valueCount);
  int64_t free = maxBytes;
  for (int32_t i = 0; i < valueCount; ++i) {
    program.values.push_back(readValue(reader, constants, static_cast<size_t>(inputCount)));
    free -= std::min(free, static_cast<int64_t>(program.values.back().bytes()));
    if (free == 0) throw std::bad_alloc();
  }
  for (int32_t i = 0; i < inputCount; ++i) {
    const int32_t id = reader.word("inputs");
    checkId(id, program, -1);
    if (program.values[id].storage != Storage::input || program.values[id].index != i) {
      throw ProgramError("value " + std::to_string(id) + " is not input " + std::to_string(i));
    }
    program.inputs.push_back(id);
  }
  for (size_t id = 0; id < program.values.size(); ++id) {
    const Value& value = program.values[id];
    if (value.storage == Storage::input && program.inputs[value.index] != static_cast<int32_t>(id)) {
      throw ProgramError("value " + std::to_string(id) + " is input " + std::to_string(value.index) + " a second time");
    }
  }
  for (int32_t i = 0; i < outputCount; ++i) program.outputs.push_back(reader.word("outputs"));
  program.operations.reserve(operationCount);
  for (int32_t i = 0; i < operationCount; ++i) {
    Operation operation;
    operation.opcode = static_cast<Opcode>(reader.below(opcodeCount, "opcode"));
    operation.inputs = reader.list("operation inputs");
    operation.outputs = reader.list("operation outputs");
    operation.ints = reader.list("operation ints");
    for (const int32_t bits : reader.list("operation floats")) {
      float number;
      std::memcpy(&number, &bits, sizeof number);
      operation.floats.push_back(number);
    }
    program.operations.push_back(std::move(operation));
  }
  if (!reader.atEnd()) throw ProgramError("words follow the end of the program");
  checkOrder(program);
  for (const Operation& operation : program.operations) checkAttributes(OperationView(program, operation));
  return program;
}

const Value& OperationView::input(size_t i) const {
  if (!hasInput(i)) fail("input " + std::to_string(i) + " is missing");
  return program_.values[operation_.inputs[i]];
}

const Value& OperationView::output(size_t i) const {
  if (i >= operation_.outputs.size()) fail("output " + std::to_string(i) + " is missing");
  return program_.values[operation_.outputs[i]];
}

}  // namespace gdws
