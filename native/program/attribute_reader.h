#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "program/fused_activation.h"
#include "program/program.h"

namespace gdws {

/// Reads an operation's attributes, in the order of their words, and checks each. Throws ProgramError.
class AttributeReader {
 public:
  /// How many ints and floats an operation has, and whether any number of ints may follow.
  struct Counts {
    size_t ints;
    size_t floats;
    bool hasRest = false;
  };

  AttributeReader(const OperationView& operation, const Counts& counts) : operation_(operation) {
    const size_t ints = operation.integers().size(), floats = operation.reals().size();
    if (counts.hasRest ? ints < counts.ints : ints != counts.ints) {
      failAtCount(ints, "ints", (counts.hasRest ? "at least " : "") + std::to_string(counts.ints));
    }
    if (floats != counts.floats) failAtCount(floats, "floats", std::to_string(counts.floats));
  }

  int32_t integer(const char* name, int32_t least = lowest) {
    const int32_t value = nextInteger();
    if (value < least) failAt(name, value, "below " + std::to_string(least));
    return value;
  }

  template <size_t count>
  std::array<int32_t, count> integers(const char* name, int32_t least = lowest) {
    std::array<int32_t, count> values;
    for (int32_t& value : values) value = integer(name, least);
    return values;
  }

  /// All ints that are left.
  std::vector<int32_t> rest(const char* name, int32_t least = lowest) {
    std::vector<int32_t> values(operation_.integers().size() - nextInteger_);
    for (int32_t& value : values) value = integer(name, least);
    return values;
  }

  bool flag(const char* name) { return below(name, 2) == 1; }

  /// A name, by its number, of an enumeration that has `count` of them.
  template <class Enumeration>
  Enumeration name(const char* name, int32_t count) {
    return static_cast<Enumeration>(below(name, count));
  }

  float real() { return operation_.reals()[nextReal_++]; }

  FusedActivation activation(const char* name) {
    return {this->name<Activation>(name, activationCount), real(), real()};
  }

 private:
  static constexpr int32_t lowest = std::numeric_limits<int32_t>::min();

  int32_t nextInteger() { return operation_.integers()[nextInteger_++]; }

  int32_t below(const char* name, int32_t count) {
    const int32_t value = integer(name, 0);
    if (value >= count) failAt(name, value, "not below " + std::to_string(count));
    return value;
  }

  [[noreturn]] void failAt(const char* name, int32_t value, const std::string& what) const {
    operation_.fail(std::string("attribute ") + name + " is " + std::to_string(value) + ", " + what);
  }
  [[noreturn]] void failAtCount(size_t count, const char* what, const std::string& expected) const {
    operation_.fail("the operation has " + std::to_string(count) + " " + what + " where attributes have " + expected);
  }

  const OperationView& operation_;
  size_t nextInteger_ = 0;
  size_t nextReal_ = 0;
};

}  // namespace gdws
