#include <algorithm>

#include "kernels/element_type.h"
#include "kernels/grain.h"
#include "kernels/registry.h"
#include "kernels/scatter_elements/operation.h"

namespace gdws {

namespace {

/// Updates stay within their line along the axis: threads divide the lines.
class ScatterElementsLines final : public Kernel {
 public:
  explicit ScatterElementsLines(const OperationView& operation) : operation_(operation) {}

  bool readsInput(size_t i) const override { return i != 1 || !operation_.indices.constant(); }

  void run(const Buffers& buffers, const Team& team) const override {
    withNumber(operation_.type, [&]<class Number>(Number) { scatter<Number>(buffers, team); });
  }

 private:
  template <class Number>
  void scatter(const Buffers& buffers, const Team& team) const {
    const ScatterElementsOperation& o = operation_;
    const auto* x = static_cast<const Number*>(buffers.inputs[0]);
    const auto* updates = static_cast<const Number*>(buffers.inputs[2]);
    auto* y = static_cast<Number*>(buffers.outputs[0]);
    const Range share = team.share(o.outer * o.inner, std::max<int64_t>(1, grain / std::max<int64_t>(1, o.n)));
    for (int64_t line = share.begin; line < share.end;) {
      const int64_t row = line / o.inner, column = line % o.inner;
      const int64_t columns = std::min(o.inner - column, share.end - line);
      const int64_t begin = row * o.n * o.inner + column;
      if (x != y) {
        for (int64_t k = 0; k < o.n; ++k) std::copy_n(x + begin + k * o.inner, columns, y + begin + k * o.inner);
      }
      for (int64_t i = 0; i < columns; ++i) {
        const int64_t first = o.updatesOf(row, column + i);
        if (first < 0) continue;
        for (int64_t k = 0; k < o.updates; ++k) {
          const int64_t at = first + k * o.updateStep;
          Number& element = y[begin + i + o.indices.at(buffers.inputs[1], at) * o.inner];
          element = updated(o.update, element, updates[at]);
        }
      }
      line += columns;
    }
  }

  ScatterElementsOperation operation_;
};

}  // namespace

const KernelDefinition scatterElementsLines = {"scatterElements.lines", Opcode::scatterElements, 0, supportsAll,
                                               makeKernel<ScatterElementsLines>};

}  // namespace gdws
