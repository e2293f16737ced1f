#include <cstring>

#include "kernels/gather/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class GatherReference final : public Kernel {
 public:
  explicit GatherReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const GatherOperation& o = operation_;
    const auto* x = static_cast<const std::byte*>(buffers.inputs[0]);
    auto* y = static_cast<std::byte*>(buffers.outputs[0]);
    const size_t bytes = o.elementBytes;
    for (int64_t outer = 0; outer < o.outer; ++outer) {
      for (int64_t i = 0; i < o.indices.count(); ++i) {
        const int64_t index = o.indices.at(buffers.inputs[1], i);
        for (int64_t inner = 0; inner < o.inner; ++inner) {
          std::memcpy(y + ((outer * o.indices.count() + i) * o.inner + inner) * bytes,
                      x + ((outer * o.n + index) * o.inner + inner) * bytes, bytes);
        }
      }
    }
  }

 private:
  GatherOperation operation_;
};

}  // namespace

const KernelDefinition gatherReference = {"gather.reference", Opcode::gather, overwritesNothing, supportsAll,
                                          makeKernel<GatherReference>};

}  // namespace gdws
