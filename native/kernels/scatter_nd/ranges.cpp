#include <algorithm>

#include "kernels/element_type.h"
#include "kernels/grain.h"
#include "kernels/registry.h"
#include "kernels/scatter_nd/operation.h"

namespace gdws {

namespace {

/// Threads divide the result: each goes through all updates, in their order, and takes those of its own range.
class ScatterNDRanges final : public Kernel {
 public:
  explicit ScatterNDRanges(const OperationView& operation) : operation_(operation) {}

  bool readsInput(size_t i) const override { return i != 1 || !operation_.tuples.areConstant(); }

  void run(const Buffers& buffers, const Team& team) const override {
    const ScatterNDOperation& o = operation_;
    const Range own = team.share(o.elements, grain);
    if (own.begin >= own.end) return;
    withNumber(o.type, [&]<class Number>(Number) {
      const auto* x = static_cast<const Number*>(buffers.inputs[0]);
      const auto* updates = static_cast<const Number*>(buffers.inputs[2]);
      auto* y = static_cast<Number*>(buffers.outputs[0]);
      if (x != y) std::copy(x + own.begin, x + own.end, y + own.begin);
      for (int64_t tuple = 0; tuple < o.tuples.count(); ++tuple) {
        const int64_t slice = o.tuples.at(buffers.inputs[1], tuple) * o.inner;
        const int64_t begin = std::max(slice, own.begin), end = std::min(slice + o.inner, own.end);
        const Number* from = updates + tuple * o.inner - slice;
        for (int64_t i = begin; i < end; ++i) y[i] = updated(o.update, y[i], from[i]);
      }
    });
  }

 private:
  ScatterNDOperation operation_;
};

}  // namespace

const KernelDefinition scatterNDRanges = {"scatterND.ranges", Opcode::scatterND, 0, supportsAll,
                                          makeKernel<ScatterNDRanges>};

}  // namespace gdws
