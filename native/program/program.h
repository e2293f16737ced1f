#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "program/opcode.h"

namespace gdws {

enum class DataType : int32_t { float32, int64, int32, uint8, boolean, int8 };

inline constexpr int32_t dataTypeCount = 6;

constexpr size_t bytesOf(DataType type) {
  switch (type) {
    case DataType::int64:
      return 8;
    case DataType::uint8:
    case DataType::boolean:
    case DataType::int8:
      return 1;
    default:
      return 4;
  }
}

enum class Storage : int32_t { temporary, constant, input };

/// A dense row-major tensor of a program; `data` is set for constants only.
struct Value {
  DataType type = DataType::float32;
  Storage storage = Storage::temporary;
  int32_t index = -1;  ///< number of the constant or of the input
  std::vector<int64_t> dims;
  size_t elements = 0;
  const void* data = nullptr;

  size_t bytes() const { return elements * bytesOf(type); }
  size_t rank() const { return dims.size(); }
};

/// One operation; docs/architecture.md says what inputs and outputs each opcode has. Its ints and floats are its
/// attributes (program/attributes.h).
struct Operation {
  Opcode opcode = Opcode::alias;
  std::vector<int32_t> inputs;  ///< value ids, -1 where absent
  std::vector<int32_t> outputs;
  std::vector<int32_t> ints;
  std::vector<float> floats;
};

struct Program {
  std::vector<Value> values;
  std::vector<Operation> operations;
  std::vector<int32_t> inputs;
  std::vector<int32_t> outputs;
};

/// A program is invalid. `operation` is the index of the operation at fault, or -1.
class ProgramError : public std::runtime_error {
 public:
  explicit ProgramError(const std::string& message, int32_t operationIndex = -1)
      : std::runtime_error(message), operation(operationIndex) {}
  int32_t operation;
};

/// The bytes of a constant, owned by the caller.
struct ConstantData {
  DataType type;
  const void* data;
  size_t elements;
};

/// Constants by the number that values name them by.
using Constants = std::map<int32_t, ConstantData>;

/// Reads a program written by src/program/encode.ts. Every word is checked: sizes, ids, opcodes, attributes, that a
/// value is written once and before it is read, and that constants have the size their value declares. Throws
/// ProgramError.
Program parseProgram(const int32_t* words, size_t count, const Constants& constants);

/// An operation with its values resolved, as kernels see it.
class OperationView {
 public:
  OperationView(const Program& program, const Operation& operation) : program_(program), operation_(operation) {}

  Opcode opcode() const { return operation_.opcode; }
  size_t inputCount() const { return operation_.inputs.size(); }
  size_t outputCount() const { return operation_.outputs.size(); }
  bool hasInput(size_t i) const { return i < operation_.inputs.size() && operation_.inputs[i] >= 0; }

  /// Throws ProgramError where input i is absent.
  const Value& input(size_t i) const;
  const Value& output(size_t i = 0) const;
  const std::vector<int32_t>& integers() const { return operation_.ints; }
  const std::vector<float>& reals() const { return operation_.floats; }
  [[noreturn]] void fail(const std::string& message) const {
    throw ProgramError(message, static_cast<int32_t>(&operation_ - program_.operations.data()));
  }

 private:
  const Program& program_;
  const Operation& operation_;
};

}  // namespace gdws
