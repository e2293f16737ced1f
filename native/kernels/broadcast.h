#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

#include "base/team.h"
#include "kernels/kernel.h"

namespace gdws {

inline constexpr int maxAxes = 32;
inline constexpr int maxOperands = 3;

/// Element offsets of up to three operands.
using Offsets = std::array<int64_t, maxOperands>;

/// A nest of loops over a dense output, the innermost last, with the stride of each operand along each axis, in
/// elements.
struct StridedLoop {
  struct Axis {
    int64_t dim;
    Offsets strides;
  };
  std::vector<Axis> axes;
  int64_t elements = 1;

  /// Where the operands are at output element `index`.
  Offsets offsetsAt(int64_t index) const;
  /// The same loop with the fewest axes, at least one: axes of one element are removed, and an axis is merged with the
  /// next where every operand is contiguous.
  StridedLoop collapsed() const;
};

/// The loop over an output of `dims`, still without operands.
StridedLoop loopOver(const std::vector<int64_t>& dims);

/// Gives operand k of the loop, of `dims`, the strides of numpy broadcasting: dims are aligned at the last axis, and an
/// axis of one element repeats. Throws ProgramError where the dims do not broadcast to the loop's.
void broadcastOperand(const OperationView& operation, StridedLoop& loop, size_t k, const std::vector<int64_t>& dims);

/// The loop over `output` of numpy broadcasting: operands are aligned at their last axis, and an axis of one element
/// repeats. Throws ProgramError where the output's dims are not those that the operands broadcast to.
StridedLoop broadcastLoop(const OperationView& operation, const Value& output,
                          std::initializer_list<const Value*> operands);

/// Calls visit(first, count, offsets) for each run of output elements along the innermost axis within `range`; the
/// operands are at `offsets` and go on by the strides of the last axis.
template <class Visit>
void forEachRun(const StridedLoop& loop, Range range, Visit visit) {
  if (range.begin >= range.end) return;
  const size_t inner = loop.axes.size() - 1;
  const StridedLoop::Axis& last = loop.axes[inner];
  std::array<int64_t, maxAxes> position;
  int64_t rest = range.begin;
  for (size_t axis = loop.axes.size(); axis-- > 0;) {
    position[axis] = rest % loop.axes[axis].dim;
    rest /= loop.axes[axis].dim;
  }
  Offsets offsets = loop.offsetsAt(range.begin);
  for (int64_t index = range.begin; index < range.end;) {
    const int64_t count = std::min(last.dim - position[inner], range.end - index);
    visit(index, count, offsets);
    index += count;
    if (index >= range.end) break;
    for (int k = 0; k < maxOperands; ++k) offsets[k] -= position[inner] * last.strides[k];
    position[inner] = 0;
    for (size_t axis = inner; axis-- > 0;) {
      const StridedLoop::Axis& current = loop.axes[axis];
      if (++position[axis] < current.dim) {
        for (int k = 0; k < maxOperands; ++k) offsets[k] += current.strides[k];
        break;
      }
      for (int k = 0; k < maxOperands; ++k) offsets[k] -= (current.dim - 1) * current.strides[k];
      position[axis] = 0;
    }
  }
}

}  // namespace gdws
