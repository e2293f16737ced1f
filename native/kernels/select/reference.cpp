#include <cstring>

#include "kernels/registry.h"
#include "kernels/select/operation.h"

namespace gdws {

namespace {

class SelectReference final : public Kernel {
 public:
  explicit SelectReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const size_t bytes = operation_.elementBytes;
    const auto* condition = static_cast<const uint8_t*>(buffers.inputs[0]);
    const auto* a = static_cast<const std::byte*>(buffers.inputs[1]);
    const auto* b = static_cast<const std::byte*>(buffers.inputs[2]);
    auto* y = static_cast<std::byte*>(buffers.outputs[0]);
    for (int64_t i = 0; i < operation_.loop.elements; ++i) {
      const Offsets offsets = operation_.loop.offsetsAt(i);
      std::memcpy(y + i * bytes, condition[offsets[0]] != 0 ? a + offsets[1] * bytes : b + offsets[2] * bytes, bytes);
    }
  }

 private:
  SelectOperation operation_;
};

}  // namespace

const KernelDefinition selectReference = {"select.reference", Opcode::select, overwritesNothing, supportsAll,
                                          makeKernel<SelectReference>};

}  // namespace gdws
