#include "kernels/dynamic_quantize/operation.h"
#include "kernels/integer/rounding.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class DynamicQuantizeReference final : public Kernel {
 public:
  explicit DynamicQuantizeReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const float* x = buffers.floats(0);
    auto* y = static_cast<uint8_t*>(buffers.outputs[0]);
    float least = 0, most = 0;
    for (int64_t i = 0; i < operation_.elements; ++i) {
      if (x[i] < least) least = x[i];
      if (x[i] > most) most = x[i];
    }
    const auto [scale, zeroPoint] = DynamicScale(least, most);
    *buffers.result(1) = scale;
    *static_cast<uint8_t*>(buffers.outputs[2]) = static_cast<uint8_t>(zeroPoint);
    for (int64_t i = 0; i < operation_.elements; ++i) {
      const int32_t rounded =
          roundWithin(x[i] / scale, static_cast<float>(-zeroPoint), static_cast<float>(255 - zeroPoint));
      y[i] = static_cast<uint8_t>(rounded + zeroPoint);
    }
  }

 private:
  DynamicQuantizeOperation operation_;
};

}  // namespace

const KernelDefinition dynamicQuantizeReference = {"dynamicQuantize.reference", Opcode::dynamicQuantize,
                                                   overwritesNothing, supportsAll,
                                                   makeKernel<DynamicQuantizeReference>};

}  // namespace gdws
