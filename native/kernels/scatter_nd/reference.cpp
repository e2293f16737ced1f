#include <algorithm>

#include "kernels/element_type.h"
#include "kernels/registry.h"
#include "kernels/scatter_nd/operation.h"

namespace gdws {

namespace {

class ScatterNDReference final : public Kernel {
 public:
  explicit ScatterNDReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const ScatterNDOperation& o = operation_;
    withNumber(o.type, [&]<class Number>(Number) {
      const auto* x = static_cast<const Number*>(buffers.inputs[0]);
      const auto* updates = static_cast<const Number*>(buffers.inputs[2]);
      auto* y = static_cast<Number*>(buffers.outputs[0]);
      if (x != y) std::copy_n(x, o.elements, y);
      if (o.elements == 0) return;
      for (int64_t tuple = 0; tuple < o.tuples.count(); ++tuple) {
        for (int64_t i = 0; i < o.inner; ++i) {
          Number& element = y[o.tuples.at(buffers.inputs[1], tuple) * o.inner + i];
          element = updated(o.update, element, updates[tuple * o.inner + i]);
        }
      }
    });
  }

 private:
  ScatterNDOperation operation_;
};

}  // namespace

const KernelDefinition scatterNDReference = {"scatterND.reference", Opcode::scatterND, 0, supportsAll,
                                             makeKernel<ScatterNDReference>};

}  // namespace gdws
