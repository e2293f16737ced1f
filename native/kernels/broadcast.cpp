#include "kernels/broadcast.h"

#include <algorithm>

#include "kernels/operands.h"

namespace gdws {

Offsets StridedLoop::offsetsAt(int64_t index) const {
  Offsets offsets{};
  for (size_t axis = axes.size(); axis-- > 0;) {
    const int64_t position = index % axes[axis].dim;
    index /= axes[axis].dim;
    for (int k = 0; k < mostOperands; ++k) offsets[k] += position * axes[axis].strides[k];
  }
  return offsets;
}

StridedLoop StridedLoop::collapsed() const {
  StridedLoop result;
  result.elements = elements;
  for (const Axis& axis : axes) {
    if (axis.dim == 1) continue;
    const auto runsOn = [&](const Axis& outer) {
      for (int k = 0; k < mostOperands; ++k) {
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

StridedLoop broadcastLoop(const OperationView& operation, const Value& output,
                          std::initializer_list<const Value*> operands) {
  StridedLoop loop;
  loop.elements = static_cast<int64_t>(output.elements);
  loop.axes.resize(output.rank());
  for (size_t axis = 0; axis < output.rank(); ++axis) loop.axes[axis] = {output.dims[axis], {}};
  size_t k = 0;
  for (const Value* operand : operands) {
    const std::vector<int64_t> strides = stridesOf(operand->dims);
    const auto refuse = [&] {
      operation.fail("input " + describe(operand->dims) + " does not broadcast to " + describe(output.dims));
    };
    if (operand->rank() > output.rank()) refuse();
    const size_t missing = output.rank() - operand->rank();
    for (size_t axis = 0; axis < operand->rank(); ++axis) {
      const int64_t dim = operand->dims[axis];
      if (dim != 1 && dim != output.dims[missing + axis]) refuse();
      loop.axes[missing + axis].strides[k] = dim == 1 ? 0 : strides[axis];
    }
    ++k;
  }
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
