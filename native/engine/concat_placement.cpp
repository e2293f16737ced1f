#include "engine/concat_placement.h"

#include <algorithm>

#include "engine/arena.h"
#include "program/attributes.h"

namespace gdws {

namespace {

/// Whether the operation is a concatenation whose inputs are contiguous in its result.
bool isContiguous(const Program& program, const Operation& operation) {
  if (operation.opcode != Opcode::concat) return false;
  const std::vector<int64_t>& dims = program.values[operation.outputs[0]].dims;
  const int32_t axis = ConcatAttributes::of(OperationView(program, operation)).axis;
  return std::all_of(dims.begin(), dims.begin() + axis, [](int64_t dim) { return dim == 1; });
}

}  // namespace

std::vector<ConcatPlacement> placeInConcats(const Program& program, const std::vector<int32_t>& root,
                                            const std::vector<bool>& mayMove) {
  std::vector<ConcatPlacement> placements(program.values.size());
  for (const Operation& operation : program.operations) {
    if (!isContiguous(program, operation)) continue;
    size_t offset = 0;
    for (const int32_t id : operation.inputs) {
      const int32_t source = root[id];
      const size_t bytes = program.values[id].bytes();
      if (mayMove[source] && placements[source].concatId < 0 && offset % memoryAlignment == 0 && bytes > 0) {
        placements[source] = {operation.outputs[0], offset};
      }
      offset += bytes;
    }
  }
  return placements;
}

}  // namespace gdws
