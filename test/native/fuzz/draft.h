#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "native/fuzz/program_input.h"

namespace gdws::test {

/// The parts of a program's words, for a mutator to change. Only their ends are checked.
struct Draft {
  struct Value {
    int32_t type = 0;
    int32_t storage = 0;
    int32_t index = -1;
    std::vector<int32_t> dims;
  };
  struct Operation {
    int32_t opcode = 0;
    std::vector<int32_t> inputs, outputs, ints, floats;
  };

  std::vector<Value> values;
  std::vector<int32_t> inputs, outputs;
  std::vector<Operation> operations;

  /// Nothing where the words do not end with the program.
  static std::optional<Draft> of(const std::vector<int32_t>& words);
  std::vector<int32_t> words() const;

  static constexpr int32_t constant = static_cast<int32_t>(Storage::constant);
  static constexpr int32_t input = static_cast<int32_t>(Storage::input);

  /// Lists the inputs as the values say, and gives constants the type and elements of their values.
  void repair(std::vector<ProgramInput::Constant>& constants);
};

}  // namespace gdws::test
