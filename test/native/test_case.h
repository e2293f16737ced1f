#pragma once

#include <cstring>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "native/attributes_writer.h"
#include "native/random.h"
#include "program/program.h"

namespace gdws::test {

using Dims = std::vector<int64_t>;

/// How far a kernel's result may be from the reference's: |y - ref| ≤ relative·(|ref| + magnitude) + absolute.
/// Integer and bool results must be equal; where the reference has NaN or an infinity, so must the kernel.
struct Tolerance {
  double relative = 1e-5;
  double absolute = 0;
  /// The scale of rounding errors where the result is not: the sum of the absolute values of its terms, which the
  /// reference computes from absolute values.
  bool sumOfTerms = false;
};

/// One operation with its operands, written by a generator.
class TestCase {
 public:
  explicit TestCase(Opcode opcode) {
    program_.operations.emplace_back();
    operation().opcode = opcode;
  }

  /// Operands in the order of the operation's inputs. A constant's data is what a session would keep.
  void addInput(const Dims& dims, std::vector<float> data) { add(Storage::input, DataType::float32, dims, data); }
  void addConstant(const Dims& dims, std::vector<float> data) { add(Storage::constant, DataType::float32, dims, data); }
  template <class Element>
  void add(Storage storage, DataType type, const Dims& dims, const std::vector<Element>& data) {
    std::vector<std::byte> bytes(data.size() * sizeof(Element));
    if (!bytes.empty()) std::memcpy(bytes.data(), data.data(), bytes.size());
    operation().inputs.push_back(addValue(storage, type, dims));
    operands_.push_back(std::move(bytes));
  }
  /// An input that was added before, once more.
  void repeatInput(size_t input) {
    operation().inputs.push_back(operation().inputs[input]);
    operands_.push_back(operands_[input]);
  }
  void addAbsent() {
    operation().inputs.push_back(-1);
    operands_.emplace_back();
  }
  void addOutput(const Dims& dims, DataType type = DataType::float32) {
    operation().outputs.push_back(addValue(Storage::temporary, type, dims));
  }
  /// The attributes of the operation's opcode, as program/attributes.h has them.
  template <class Attributes>
  void set(const Attributes& attributes) {
    write(attributes, operation());
  }

  Tolerance tolerance;
  /// For Tolerance::sumOfTerms: makes the operation of a case linear in its operands' absolute values, as by setting
  /// its activation to none.
  std::function<void(TestCase&)> linearise = [](TestCase&) {};

  const Program& program() const { return program_; }
  Program& program() { return program_; }
  Operation& operation() { return program_.operations.front(); }
  const Operation& operation() const { return program_.operations.front(); }
  const std::vector<std::byte>& operand(size_t input) const { return operands_[input]; }
  OperationView view() const { return OperationView(program_, operation()); }

  /// Sets the pointers of constants; to be called once the case is where it stays.
  void bindConstants() {
    for (size_t i = 0; i < operands_.size(); ++i) {
      if (operation().inputs[i] < 0) continue;
      Value& value = program_.values[static_cast<size_t>(operation().inputs[i])];
      if (value.storage == Storage::constant) value.data = operands_[i].data();
    }
  }
  /// This case with the absolute values of its float operands, made linear.
  TestCase magnitudes() const;
  /// Dims, ints and floats, for messages.
  std::string describe() const;

 private:
  int32_t addValue(Storage storage, DataType type, const Dims& dims) {
    Value value;
    value.type = type;
    value.storage = storage;
    value.index = static_cast<int32_t>(program_.values.size());
    value.dims = dims;
    value.elements = 1;
    for (const int64_t dim : dims) value.elements *= static_cast<size_t>(dim);
    program_.values.push_back(std::move(value));
    return static_cast<int32_t>(program_.values.size()) - 1;
  }

  Program program_;
  std::vector<std::vector<std::byte>> operands_;  ///< by the operation's inputs
};

inline size_t countOf(const Dims& dims) {
  size_t count = 1;
  for (const int64_t dim : dims) count *= static_cast<size_t>(dim);
  return count;
}

/// Numbers within [-1, 1), for dims.
inline std::vector<float> numbers(Random& random, const Dims& dims) {
  std::vector<float> data(countOf(dims));
  for (float& x : data) x = random.number();
  return data;
}

}  // namespace gdws::test
