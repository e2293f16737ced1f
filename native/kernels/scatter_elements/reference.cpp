#include <cstring>

#include "kernels/broadcast.h"
#include "kernels/element_type.h"
#include "kernels/registry.h"
#include "kernels/scatter_elements/operation.h"
#include "program/attributes.h"

namespace gdws {

namespace {

class ScatterElementsReference final : public Kernel {
 public:
  explicit ScatterElementsReference(const OperationView& operation)
      : operation_(operation),
        bytes_(operation.output().bytes()),
        updates_(loopOver(operation.input(1).dims)),
        step_(operation_.inner) {
    const std::vector<int64_t> strides = stridesOf(operation.output().dims);
    const auto axis = static_cast<size_t>(ScatterElementsAttributes::of(operation).axis);
    for (size_t k = 0; k < strides.size(); ++k) updates_.axes[k].strides[0] = k == axis ? 0 : strides[k];
  }

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    if (buffers.outputs[0] != buffers.inputs[0] && bytes_ > 0) {
      std::memcpy(buffers.outputs[0], buffers.inputs[0], bytes_);
    }
    withNumber(operation_.type, [&]<class Number>(Number) {
      const auto* updates = static_cast<const Number*>(buffers.inputs[2]);
      auto* y = static_cast<Number*>(buffers.outputs[0]);
      for (int64_t i = 0; i < operation_.indices.count(); ++i) {
        const int64_t to = updates_.offsetsAt(i)[0] + operation_.indices.at(buffers.inputs[1], i) * step_;
        y[to] = updated(operation_.update, y[to], updates[i]);
      }
    });
  }

 private:
  ScatterElementsOperation operation_;
  size_t bytes_;
  StridedLoop updates_;  ///< operand 0 is where y begins along the axis
  int64_t step_;         ///< elements of y from one index to the next
};

}  // namespace

const KernelDefinition scatterElementsReference = {"scatterElements.reference", Opcode::scatterElements, 0, supportsAll,
                                                   makeKernel<ScatterElementsReference>};

}  // namespace gdws
