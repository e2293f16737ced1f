#include <cstring>

#include "kernels/registry.h"
#include "kernels/strided/operation.h"

namespace gdws {

namespace {

class StridedReference final : public Kernel {
 public:
  explicit StridedReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const size_t bytes = operation_.elementBytes;
    const auto* x = static_cast<const std::byte*>(buffers.inputs[0]);
    auto* y = static_cast<std::byte*>(buffers.outputs[0]);
    for (int64_t i = 0; i < operation_.loop.elements; ++i) {
      std::memcpy(y + i * bytes, x + (operation_.offset + operation_.loop.offsetsAt(i)[0]) * bytes, bytes);
    }
  }

 private:
  StridedOperation operation_;
};

}  // namespace

const KernelDefinition stridedReference = {"strided.reference", Opcode::strided, overwritesNothing, supportsAll,
                                           makeKernel<StridedReference>};

}  // namespace gdws
