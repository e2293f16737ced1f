#include "native/test_case.h"

#include <cmath>

namespace gdws::test {

namespace {

template <class Item>
std::string list(const std::vector<Item>& items) {
  std::string text = "[";
  for (const Item& item : items) {
    if (text.size() > 1) text += ',';
    text += std::to_string(item);
  }
  text += ']';
  return text;
}

}  // namespace

TestCase TestCase::magnitudes() const {
  TestCase absolute = *this;
  for (size_t i = 0; i < operands_.size(); ++i) {
    if (operation().inputs[i] < 0) continue;
    if (program_.values[static_cast<size_t>(operation().inputs[i])].type != DataType::float32) continue;
    std::vector<std::byte>& bytes = absolute.operands_[i];
    for (size_t at = 0; at < bytes.size(); at += sizeof(float)) {
      float x;
      std::memcpy(&x, bytes.data() + at, sizeof x);
      x = std::fabs(x);
      std::memcpy(bytes.data() + at, &x, sizeof x);
    }
  }
  linearise(absolute);
  absolute.bindConstants();
  return absolute;
}

std::string TestCase::describe() const {
  std::string text;
  for (const int32_t id : operation().inputs) {
    if (id < 0) {
      text += " -";
    } else {
      const Value& value = program_.values[static_cast<size_t>(id)];
      text += ' ';
      text += list(value.dims);
      if (value.storage == Storage::constant) text += "const";
    }
  }
  text += " ->";
  for (const int32_t id : operation().outputs) {
    text += ' ';
    text += list(program_.values[static_cast<size_t>(id)].dims);
  }
  return text + " ints " + list(operation().ints) + " floats " + list(operation().floats);
}

}  // namespace gdws::test
