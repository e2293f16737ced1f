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
    const Range range = team.share(operation_.elements, grain);
    row_(static_cast<const uint8_t*>(buffers.inputs[0]) + range.begin, static_cast<const uint8_t*>(buffers.inputs[1]),
         static_cast<uint8_t*>(buffers.outputs[0]) + range.begin, range.end - range.begin);
  }

 private:
  TableOperation operation_;
  void (*row_)(const uint8_t* x, const uint8_t* table, uint8_t* y, int64_t count);
};

}  // namespace

const KernelDefinition tableRows = {"table.rows", Opcode::table, 0, supportsAll, makeVectorKernel<TableRows>};

}  // namespace gdws
