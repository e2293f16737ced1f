#include "kernels/grain.h"
#include "kernels/quantize/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Each run of elements that have one scale is one call; or each line along the axis, where it is the last.
class QuantizeVector final : public Kernel {
 public:
  QuantizeVector(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(operation), functions_(functions.bytes), loop_(operation_.scales.loop()) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const float* x = buffers.floats(0);
    const float* scale = buffers.floats(1);
    auto* y = static_cast<uint8_t*>(buffers.outputs[0]);
    const AxisScales& scales = operation_.scales;
    const bool isSigned = scales.type == DataType::int8;
    const bool oneEach = loop_.axes.back().strides[0] != 0;
    forEachRun(loop_, team.share(loop_.elements, grain), [&](int64_t first, int64_t count, const Offsets& offsets) {
      const int64_t k = offsets[0];
      if (oneEach) {
        functions_.quantizeRows[isSigned](x + first, scale + k, scales.zeroPoints(buffers) + k, y + first, count);
      } else {
        functions_.quantize(x + first, y + first, count, scale[k],
                            operation_.range.result(scales.zeroPoint(buffers, k)));
      }
    });
  }

 private:
  QuantizeOperation operation_;
  const ByteFunctions& functions_;
  StridedLoop loop_;
};

}  // namespace

const KernelDefinition quantizeVector = {"quantize.vector", Opcode::quantize, overwritesNothing, supportsAll,
                                         makeVectorKernel<QuantizeVector>};

}  // namespace gdws
