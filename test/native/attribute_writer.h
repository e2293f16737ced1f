#pragma once

#include <array>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "program/fused_activation.h"
#include "program/program.h"

namespace gdws::test {

/// Gives an operation ints and floats in place of those that it has, an attribute after the other.
class AttributeWriter {
 public:
  explicit AttributeWriter(Operation& operation) : operation_(operation) {
    operation.ints.clear();
    operation.floats.clear();
  }

  template <class Word>
  requires std::is_integral_v<Word> || std::is_enum_v<Word>
  void add(Word word) { operation_.ints.push_back(static_cast<int32_t>(word)); }
  template <size_t count>
  void add(const std::array<int32_t, count>& words) {
    operation_.ints.insert(operation_.ints.end(), words.begin(), words.end());
  }
  void add(const std::vector<int32_t>& words) {
    operation_.ints.insert(operation_.ints.end(), words.begin(), words.end());
  }
  void add(float number) { operation_.floats.push_back(number); }
  void add(const FusedActivation& activation) {
    add(activation.kind);
    add(activation.a);
    add(activation.b);
  }

 private:
  Operation& operation_;
};

}  // namespace gdws::test
