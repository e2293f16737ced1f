#include "kernels/dynamic_quantize/operation.h"
#include "kernels/grain.h"
#include "kernels/integer/bytes.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Threads cannot wait for each other within a run: each looks for the limits of all elements, then quantizes its
/// share.
class DynamicQuantizeVector final : public Kernel {
 public:
  DynamicQuantizeVector(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(operation), functions_(functions.bytes) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const float* x = buffers.floats(0);
    const Range share = team.share(operation_.elements, grain);
    if (share.begin == share.end && team.index != 0) return;
    float least, most;
    functions_.limits(x, operation_.elements, &least, &most);
    const auto [scale, zeroPoint] = DynamicScale(least, most);
    if (team.index == 0) {
      *buffers.result(1) = scale;
      *static_cast<uint8_t*>(buffers.outputs[2]) = static_cast<uint8_t>(zeroPoint);
    }
    functions_.quantize(x + share.begin, static_cast<uint8_t*>(buffers.outputs[0]) + share.begin,
                        share.end - share.begin, scale, ByteRange(DataType::uint8).result(zeroPoint));
  }

 private:
  DynamicQuantizeOperation operation_;
  const ByteFunctions& functions_;
};

}  // namespace

const KernelDefinition dynamicQuantizeVector = {"dynamicQuantize.vector", Opcode::dynamicQuantize, overwritesNothing,
                                                supportsAll, makeVectorKernel<DynamicQuantizeVector>};

}  // namespace gdws
