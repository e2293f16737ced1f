#include "engine/operation_key.h"

#include "program/opcode.h"

namespace gdws {

namespace {

constexpr const char* opcodeNames[] = {
#define GDWS_NAME(name) #name,
    GDWS_OPCODES(GDWS_NAME)
#undef GDWS_NAME
};

void append(std::string& key, const Value& value) {
  key += ' ';
  for (size_t axis = 0; axis < value.rank(); ++axis) {
    if (axis > 0) key += 'x';
    key += std::to_string(value.dims[axis]);
  }
  if (value.type != DataType::float32) key += ':' + std::to_string(static_cast<int32_t>(value.type));
  if (value.storage == Storage::constant) key += 'c';
}

}  // namespace

std::string keyOf(const OperationView& operation, int threads) {
  std::string key = opcodeNames[static_cast<int32_t>(operation.opcode())];
  for (size_t i = 0; i < operation.inputCount(); ++i) {
    if (operation.hasInput(i)) {
      append(key, operation.input(i));
    } else {
      key += " -";
    }
  }
  key += " >";
  for (size_t i = 0; i < operation.outputCount(); ++i) append(key, operation.output(i));
  key += " |";
  for (const int32_t number : operation.integers()) key += ' ' + std::to_string(number);
  return key + " @" + std::to_string(threads);
}

}  // namespace gdws
