#include "kernels/grain.h"
#include "kernels/registry.h"
#include "kernels/strided/operation.h"

namespace gdws {

namespace {

/// Copies `count` elements of each of several lines, which are `stride` apart, in turn.
template <class Element, int Lines>
void interleave(const Element* x, int64_t stride, int64_t count, Element* y) {
  for (int64_t i = 0; i < count; ++i) {
    for (int line = 0; line < Lines; ++line) y[i * Lines + line] = x[i + line * stride];
  }
}

/// Interleaves two to four lines of x at a time, each contiguous: depth to space.
class StridedInterleave final : public Kernel {
 public:
  explicit StridedInterleave(const OperationView& operation) : operation_(operation) {
    StridedLoop& loop = operation_.loop;
    loop = loop.collapsed();
    lines_ = loop.axes.back().dim;
    stride_ = loop.axes.back().strides[0];
    loop.axes.pop_back();
    loop.elements /= lines_;
  }

  /// Whether the two innermost axes of y are the elements of some lines, and the lines.
  static bool fits(const StridedOperation& operation) {
    const StridedLoop loop = operation.loop.collapsed();
    if (loop.axes.size() < 2 || loop.elements == 0) return false;
    const StridedLoop::Axis& last = loop.axes.back();
    return last.dim >= 2 && last.dim <= 4 && loop.axes[loop.axes.size() - 2].strides[0] == 1;
  }

  void run(const Buffers& buffers, const Team& team) const override {
    switch (operation_.elementBytes) {
      case 1:
        return copy<uint8_t>(buffers, team);
      case 4:
        return copy<uint32_t>(buffers, team);
      default:
        return copy<uint64_t>(buffers, team);
    }
  }

 private:
  template <class Element>
  void copy(const Buffers& buffers, const Team& team) const {
    const auto* x = static_cast<const Element*>(buffers.inputs[0]) + operation_.offset;
    auto* y = static_cast<Element*>(buffers.outputs[0]);
    const Range range = team.share(operation_.loop.elements, grain / lines_);
    forEachRun(operation_.loop, range, [&](int64_t first, int64_t count, const Offsets& offsets) {
      const Element* from = x + offsets[0];
      Element* to = y + first * lines_;
      switch (lines_) {
        case 2:
          return interleave<Element, 2>(from, stride_, count, to);
        case 3:
          return interleave<Element, 3>(from, stride_, count, to);
        default:
          return interleave<Element, 4>(from, stride_, count, to);
      }
    });
  }

  StridedOperation operation_;  ///< its loop is without the lines: the innermost axis runs along them
  int64_t lines_ = 0, stride_ = 0;
};

bool supports(const OperationView& operation, const KernelContext&) {
  return StridedInterleave::fits(StridedOperation(operation));
}

}  // namespace

const KernelDefinition stridedInterleave = {"strided.interleave", Opcode::strided, overwritesNothing, supports,
                                            makeKernel<StridedInterleave>};

}  // namespace gdws
