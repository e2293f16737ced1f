#include "kernels/registry.h"
#include "kernels/table/operation.h"

namespace gdws {

namespace {

class TableReference final : public Kernel {
 public:
  explicit TableReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const auto* x = static_cast<const uint8_t*>(buffers.inputs[0]);
    const auto* table = static_cast<const uint8_t*>(buffers.inputs[1]);
    auto* y = static_cast<uint8_t*>(buffers.outputs[0]);
    for (int64_t plane = 0; plane < operation_.planes; ++plane) {
      const uint8_t* own = table + plane % operation_.tables * 256;
      for (int64_t i = 0; i < operation_.elements; ++i) *y++ = own[*x++];
    }
  }

 private:
  TableOperation operation_;
};

}  // namespace

const KernelDefinition tableReference = {"table.reference", Opcode::table, 0, supportsAll, makeKernel<TableReference>};

}  // namespace gdws
