#include <algorithm>
#include <cstring>

#include "kernels/gather_nd/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class GatherNDReference final : public Kernel {
 public:
  explicit GatherNDReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const GatherNDOperation& o = operation_;
    const auto* x = static_cast<const std::byte*>(buffers.inputs[0]);
    auto* y = static_cast<std::byte*>(buffers.outputs[0]);
    for (int64_t item = 0; item < o.items; ++item) {
      for (int64_t i = 0; i < o.inner; ++i) {
        const int64_t source = o.sourceOf(buffers.inputs[1], item) + i;
        std::memcpy(y + (item * o.inner + i) * o.elementBytes, x + source * o.elementBytes, o.elementBytes);
      }
    }
  }

 private:
  GatherNDOperation operation_;
};

}  // namespace

const KernelDefinition gatherNDReference = {"gatherND.reference", Opcode::gatherND, overwritesNothing, supportsAll,
                                            makeKernel<GatherNDReference>};

}  // namespace gdws
