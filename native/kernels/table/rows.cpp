#include <algorithm>

#include "kernels/grain.h"
#include "kernels/registry.h"
#include "kernels/table/operation.h"

namespace gdws {

namespace {

class TableRows final : public Kernel {
 public:
  TableRows(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(operation), row_(functions.bytes.table) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const auto* x = static_cast<const uint8_t*>(buffers.inputs[0]);
    const auto* table = static_cast<const uint8_t*>(buffers.inputs[1]);
    auto* y = static_cast<uint8_t*>(buffers.outputs[0]);
    const Range range = team.share(operation_.planes * operation_.elements, grain);
    for (int64_t i = range.begin; i < range.end;) {
      const int64_t plane = i / operation_.elements;
      const int64_t end = std::min(range.end, (plane + 1) * operation_.elements);
      row_(x + i, table + plane % operation_.tables * 256, y + i, end - i);
      i = end;
    }
  }

 private:
  TableOperation operation_;
  void (*row_)(const uint8_t* x, const uint8_t* table, uint8_t* y, int64_t count);
};

}  // namespace

const KernelDefinition tableRows = {"table.rows", Opcode::table, 0, supportsAll, makeVectorKernel<TableRows>};

}  // namespace gdws
