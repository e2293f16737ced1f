#include "kernels/integer/rounding.h"
#include "kernels/quantize/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class QuantizeReference final : public Kernel {
 public:
  explicit QuantizeReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const auto& [scales, range] = operation_;
    auto* y = static_cast<uint8_t*>(buffers.outputs[0]);
    for (int64_t i = 0; i < scales.outer * scales.n * scales.inner; ++i) {
      const int64_t k = i / scales.inner % scales.n;
      const int32_t zeroPoint = scales.zeroPoint(buffers, k);
      const float quotient = buffers.floats(0)[i] / scales.scale(buffers, k);
      const auto least = static_cast<float>(range.least - zeroPoint);
      const auto most = static_cast<float>(range.most - zeroPoint);
      y[i] = static_cast<uint8_t>(roundWithin(quotient, least, most) + zeroPoint);
    }
  }

 private:
  QuantizeOperation operation_;
};

}  // namespace

const KernelDefinition quantizeReference = {"quantize.reference", Opcode::quantize, overwritesNothing, supportsAll,
                                            makeKernel<QuantizeReference>};

}  // namespace gdws
