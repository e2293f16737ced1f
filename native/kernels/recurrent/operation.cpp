#include "kernels/recurrent/operation.h"

#include <algorithm>

namespace gdws {

namespace {

constexpr size_t inputs = 7;

int64_t gatesOf(RecurrentCell cell) {
  switch (cell) {
    case RecurrentCell::lstm:
      return 4;
    case RecurrentCell::gru:
      return 3;
    default:
      return 1;
  }
}

}  // namespace

RecurrentOperation::RecurrentOperation(const OperationView& operation) {
  const auto attributes = RecurrentAttributes::of(operation);
  cell = attributes.cell;
  reverse = attributes.reverse;
  linearBeforeReset = attributes.linearBeforeReset;
  inputForget = attributes.inputForget;
  clip = attributes.clip;
  f = {attributes.f, attributes.fA, attributes.fB};
  g = {attributes.g, attributes.gA, attributes.gB};
  h = {attributes.h, attributes.hA, attributes.hB};
  gates = gatesOf(cell);
  if (inputOf(operation, 0).rank() != 3 || inputOf(operation, 1).rank() != 2) {
    operation.fail("x and r have " + std::to_string(operation.input(0).rank()) + " and " +
                   std::to_string(operation.input(1).rank()) + " dims, not 3 and 2");
  }
  steps = operation.input(0).dims[0];
  batch = operation.input(0).dims[1];
  hidden = operation.input(1).dims[1];
  const bool isLstm = cell == RecurrentCell::lstm;
  const bool takesBias = cell == RecurrentCell::gru && linearBeforeReset;
  const std::vector<int64_t> state = {batch, hidden};
  const auto check = [&](const Value& value, const std::vector<int64_t>& dims, const std::string& what) {
    if (value.dims != dims) operation.fail(what + " is " + describe(value.dims) + ", not " + describe(dims));
  };
  check(operation.input(0), {steps, batch, gates * hidden}, "x");
  check(operation.input(1), {gates * hidden, hidden}, "r");
  for (size_t i = 0; i < inputs; ++i) {
    present_[i] = operation.hasInput(i);
    const bool allowed = i == 2 ? takesBias : i < 5 || isLstm;
    if (present_[i] && !allowed) operation.fail("the cell takes no input " + std::to_string(i));
  }
  if (present_[2]) check(inputOf(operation, 2), {hidden}, "the bias");
  if (present_[3]) check(inputOf(operation, 3, DataType::int32), {batch}, "the lengths");
  if (present_[4]) check(inputOf(operation, 4), state, "the initial state");
  if (present_[5]) check(inputOf(operation, 5), state, "the initial cell");
  if (present_[6]) check(inputOf(operation, 6), {3 * hidden}, "the peepholes");
  check(outputOf(operation), {steps, batch, hidden}, "the output");
  const size_t outputs = isLstm ? 3 : 2;
  if (operation.outputCount() != outputs) {
    operation.fail("the cell has " + std::to_string(outputs) + " outputs, not " +
                   std::to_string(operation.outputCount()));
  }
  for (size_t i = 1; i < outputs; ++i) {
    const Value& last = operation.output(i);
    if (last.type != DataType::float32) operation.fail("output " + std::to_string(i) + " is not float32");
    check(last, state, "output " + std::to_string(i));
  }
}

int64_t RecurrentOperation::length(const Buffers& buffers, int64_t b) const {
  if (!present_[3]) return steps;
  return std::clamp<int64_t>(static_cast<const int32_t*>(buffers.inputs[3])[b], 0, steps);
}

}  // namespace gdws
