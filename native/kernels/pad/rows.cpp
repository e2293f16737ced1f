#include <algorithm>
#include <cstring>

#include "kernels/pad/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Fills and copies rows that are as long as possible: inner axes that are not padded belong to the row.
class PadRows final : public Kernel {
 public:
  explicit PadRows(const OperationView& operation) : operation_(operation) {
    if (operation_.elements == 0) return;
    std::vector<PadOperation::Axis> merged = {{1, 1, 0}};
    for (auto axis = operation_.axes.rbegin(); axis != operation_.axes.rend(); ++axis) {
      PadOperation::Axis& inner = merged.back();
      if (inner.begin == 0 && inner.from == inner.to) {
        inner = {axis->from * inner.to, axis->to * inner.to, axis->begin * inner.to};
      } else {
        merged.push_back(*axis);
      }
    }
    operation_.axes.assign(merged.rbegin(), merged.rend());
    rows_ = operation_.elements / operation_.axes.back().to;
  }

  void run(const Buffers& buffers, const Team& team) const override {
    switch (operation_.elementBytes) {
      case 1:
        return pad<uint8_t>(buffers, team);
      case 4:
        return pad<uint32_t>(buffers, team);
      default:
        return pad<uint64_t>(buffers, team);
    }
  }

 private:
  template <class Element>
  void pad(const Buffers& buffers, const Team& team) const {
    const auto* x = static_cast<const Element*>(buffers.inputs[0]);
    auto* y = static_cast<Element*>(buffers.outputs[0]);
    Element value;
    std::memcpy(&value, operation_.value.data(), sizeof value);
    const PadOperation::Axis& inner = operation_.axes.back();
    const int64_t begin = std::clamp<int64_t>(inner.begin, 0, inner.to);
    const int64_t end = std::clamp<int64_t>(inner.begin + inner.from, begin, inner.to);
    const Range share = team.share(rows_);
    for (int64_t row = share.begin; row < share.end; ++row) {
      Element* result = y + row * inner.to;
      const int64_t source = sourceOf(row);
      if (source < 0 || begin == end) {
        std::fill_n(result, inner.to, value);
        continue;
      }
      std::fill(result, result + begin, value);
      std::memcpy(result + begin, x + source * inner.from + (begin - inner.begin), (end - begin) * sizeof(Element));
      std::fill(result + end, result + inner.to, value);
    }
  }

  /// The row of x that a row of y takes, or -1 where it lies beyond.
  int64_t sourceOf(int64_t row) const {
    int64_t source = 0;
    int64_t stride = 1;
    for (size_t k = operation_.axes.size() - 1; k-- > 0;) {
      const PadOperation::Axis& axis = operation_.axes[k];
      const int64_t position = row % axis.to - axis.begin;
      if (position < 0 || position >= axis.from) return -1;
      source += position * stride;
      stride *= axis.from;
      row /= axis.to;
    }
    return source;
  }

  PadOperation operation_;
  int64_t rows_ = 0;
};

}  // namespace

const KernelDefinition padRows = {"pad.rows", Opcode::pad, overwritesNothing, supportsAll, makeKernel<PadRows>};

}  // namespace gdws
