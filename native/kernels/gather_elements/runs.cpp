#include "kernels/gather_elements/operation.h"
#include "kernels/grain.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class GatherElementsRuns final : public Kernel {
 public:
  explicit GatherElementsRuns(const OperationView& operation) : operation_(operation) {
    operation_.loop = operation_.loop.collapsed();
  }

  bool readsInput(size_t i) const override { return i != 1 || !operation_.indices.constant(); }

  void run(const Buffers& buffers, const Team& team) const override {
    switch (operation_.elementBytes) {
      case 1:
        return gather<uint8_t>(buffers, team);
      case 4:
        return gather<uint32_t>(buffers, team);
      default:
        return gather<uint64_t>(buffers, team);
    }
  }

 private:
  template <class Element>
  void gather(const Buffers& buffers, const Team& team) const {
    const GatherElementsOperation& o = operation_;
    const auto* x = static_cast<const Element*>(buffers.inputs[0]);
    auto* y = static_cast<Element*>(buffers.outputs[0]);
    const int64_t stride = o.loop.axes.back().strides[0];
    forEachRun(o.loop, team.share(o.loop.elements, grain), [&](int64_t first, int64_t count, const Offsets& offsets) {
      for (int64_t i = 0; i < count; ++i) {
        const int64_t index = o.indices.at(buffers.inputs[1], first + i);
        y[first + i] = x[offsets[0] + i * stride + index * o.step];
      }
    });
  }

  GatherElementsOperation operation_;
};

}  // namespace

const KernelDefinition gatherElementsRuns = {"gatherElements.runs", Opcode::gatherElements, overwritesNothing,
                                             supportsAll, makeKernel<GatherElementsRuns>};

}  // namespace gdws
