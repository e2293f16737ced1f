#include "kernels/dequantize/operation.h"
#include "kernels/grain.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Each run of elements that have one scale is one call; or each line along the axis, where it is the last.
class DequantizeVector final : public Kernel {
 public:
  DequantizeVector(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(operation), functions_(functions.bytes), loop_(operation_.scales.loop()) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const AxisScales& scales = operation_.scales;
    const float* scale = buffers.floats(1);
    float* y = buffers.result();
    const bool oneEach = loop_.axes.back().strides[0] != 0;
    const bool isSigned = scales.type == DataType::int8;
    const Range share = team.share(loop_.elements, grain);
    if (scales.type == DataType::int32) {
      const auto* x = static_cast<const int32_t*>(buffers.inputs[0]);
      forEachRun(loop_, share, [&](int64_t first, int64_t count, const Offsets& offsets) {
        if (oneEach) {
          for (int64_t i = 0; i < count; ++i) {
            y[first + i] = static_cast<float>(x[first + i]) * scale[offsets[0] + i];
          }
        } else {
          functions_.dequantizeInts(x + first, y + first, count, scale[offsets[0]]);
        }
      });
      return;
    }
    const auto* x = static_cast<const uint8_t*>(buffers.inputs[0]);
    forEachRun(loop_, share, [&](int64_t first, int64_t count, const Offsets& offsets) {
      const int64_t k = offsets[0];
      if (oneEach) {
        functions_.dequantizeRows[isSigned](x + first, scale + k, scales.zeroPoints(buffers) + k, y + first, count);
      } else {
        functions_.dequantize[isSigned](x + first, y + first, count, scale[k], scales.zeroPoint(buffers, k));
      }
    });
  }

 private:
  DequantizeOperation operation_;
  const ByteFunctions& functions_;
  StridedLoop loop_;
};

}  // namespace

const KernelDefinition dequantizeVector = {"dequantize.vector", Opcode::dequantize, overwritesNothing, supportsAll,
                                           makeVectorKernel<DequantizeVector>};

}  // namespace gdws
