#include "kernels/broadcast.h"

#include <algorithm>

#include "kernels/operands.h"

namespace gdws {

Offsets StridedLoop::offsetsAt(int64_t index) const {
  Offsets offsets{};
  for (size_t axis = axes.size(); axis-- > 0;) {
    const int64_t position = index % axes[axis].dim;
    index /= axes[axis].dim;
    for (int k = 0; k < maxOperands; ++k) offsets[k] += position * axes[axis].strides[k];
  }
  return offsets;
}

StridedLoop StridedLoop::collapsed() const {
  StridedLoop result;
  result.elements = elements;
  for (const Axis& axis : axes) {
    if (axis.dim == 1) continue;
    const auto runsOn = [&](const Axis& outer) {
      for (int k = 0; k < maxOperands; ++k) {
        if (outer.strides[k] != axis.strides[k] * axis.dim) return false;
      }
      return true;
    };
    if (!result.axes.empty() && runsOn(result.axes.back())) {
      result.axes.back() = {result.axes.back().dim * axis.dim, axis.strides};
    } else {
      result.axes.push_back(axis);
    }
  }
  if (result.axes.empty()) result.axes.push_back({1, {}});
  return result;
}

StridedLoop loopOver(const std::vector<int64_t>& dims) {
  StridedLoop loop;
  loop.elements = countOf(dims, 0, dims.size());
  for (const int64_t dim : dims) loop.axes.push_back({dim, {}});
  return loop;
}

void broadcastOperand(const OperationView& operation, StridedLoop& loop, size_t k, const std::vector<int64_t>& dims) {
  const auto refuse = [&] {
    std::vector<int64_t> target;
    for (const StridedLoop::Axis& axis : loop.axes) target.push_back(axis.dim);
    operation.fail("input " + describe(dims) + " does not broadcast to " + describe(target));
  };
  if (dims.size() > loop.axes.size()) refuse();
  const std::vector<int64_t> strides = stridesOf(dims);
  const size_t missing = loop.axes.size() - dims.size();
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    StridedLoop::Axis& aligned = loop.axes[missing + axis];
    if (dims[axis] != 1 && dims[axis] != aligned.dim) refuse();
    aligned.strides[k] = dims[axis] == 1 ? 0 : strides[axis];
  }
}

StridedLoop broadcastLoop(const OperationView& operation, const Value& output,
                          std::initializer_list<const Value*> operands) {
  StridedLoop loop = loopOver(output.dims);
  size_t k = 0;
  for (const Value* operand : operands) broadcastOperand(operation, loop, k++, operand->dims);
  if (loop.elements == 0) return loop;
  for (size_t axis = 0; axis < output.rank(); ++axis) {
    const Offsets& strides = loop.axes[axis].strides;
    const bool repeats = std::all_of(strides.begin(), strides.end(), [](int64_t stride) { return stride == 0; });
    if (repeats && output.dims[axis] > 1) {
      operation.fail("no input has the " + std::to_string(output.dims[axis]) + " elements of axis " +
                     std::to_string(axis) + " of the output");
    }
  }
  return loop;
}

}  // namespace gdws
