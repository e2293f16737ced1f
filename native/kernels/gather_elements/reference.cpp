#include <cstring>

#include "kernels/gather_elements/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class GatherElementsReference final : public Kernel {
 public:
  explicit GatherElementsReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const GatherElementsOperation& o = operation_;
    const auto* x = static_cast<const std::byte*>(buffers.inputs[0]);
    auto* y = static_cast<std::byte*>(buffers.outputs[0]);
    for (int64_t i = 0; i < o.indices.count(); ++i) {
      const int64_t from = o.loop.offsetsAt(i)[0] + o.indices.at(buffers.inputs[1], i) * o.step;
      std::memcpy(y + i * o.elementBytes, x + from * o.elementBytes, o.elementBytes);
    }
  }

 private:
  GatherElementsOperation operation_;
};

}  // namespace

const KernelDefinition gatherElementsReference = {"gatherElements.reference", Opcode::gatherElements, overwritesNothing,
                                                  supportsAll, makeKernel<GatherElementsReference>};

}  // namespace gdws
