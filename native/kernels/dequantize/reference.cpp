#include "kernels/dequantize/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class DequantizeReference final : public Kernel {
 public:
  explicit DequantizeReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const AxisScales& scales = operation_.scales;
    for (int64_t i = 0; i < scales.outer * scales.n * scales.inner; ++i) {
      const int64_t k = i / scales.inner % scales.n;
      const int32_t x = scales.type == DataType::int32 ? static_cast<const int32_t*>(buffers.inputs[0])[i]
                                                       : byteAt(buffers.inputs[0], scales.type, i);
      buffers.result()[i] = static_cast<float>(x - scales.zeroPoint(buffers, k)) * scales.scale(buffers, k);
    }
  }

 private:
  DequantizeOperation operation_;
};

}  // namespace

const KernelDefinition dequantizeReference = {"dequantize.reference", Opcode::dequantize, overwritesNothing,
                                              supportsAll, makeKernel<DequantizeReference>};

}  // namespace gdws
