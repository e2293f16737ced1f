#include "engine/joined_values.h"

#include <algorithm>

#include "engine/arena.h"
#include "program/attributes.h"

namespace gdws {

namespace {

/// Whether each input is one contiguous stretch of the result.
bool isContiguous(const Program& program, const Operation& operation) {
  if (operation.opcode != Opcode::concat) return false;
  const std::vector<int64_t>& dims = program.values[operation.outputs[0]].dims;
  const int32_t axis = ConcatAttributes::of(OperationView(program, operation)).axis;
  return std::all_of(dims.begin(), dims.begin() + axis, [](int64_t dim) { return dim == 1; });
}

}  // namespace

std::vector<Joint> joinValues(const Program& program, const std::vector<int32_t>& root,
                              const std::vector<bool>& mayMove) {
  std::vector<Joint> joints(program.values.size());
  for (const Operation& operation : program.operations) {
    if (!isContiguous(program, operation)) continue;
    size_t at = 0;
    for (const int32_t id : operation.inputs) {
      const int32_t source = root[id];
      const size_t bytes = program.values[id].bytes();
      if (mayMove[source] && joints[source].whole < 0 && at % memoryAlignment == 0 && bytes > 0) {
        joints[source] = {operation.outputs[0], at};
      }
      at += bytes;
    }
  }
  return joints;
}

}  // namespace gdws
