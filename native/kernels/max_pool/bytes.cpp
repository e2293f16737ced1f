#include <cstring>

#include "kernels/max_pool/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// The rows of x that a row of y depends on become one, in scratch memory, between its padding; windows walk along it.
class MaxPoolBytes final : public Kernel {
 public:
  MaxPoolBytes(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(maxPoolOf(operation)),
        isSigned_(operation.input(0).type == DataType::int8),
        functions_(functions.bytes),
        rowBytes_((operation_.width.paddedLength() + byteOverrun + 63) / 64 * 64) {}

  int64_t scratchBytes(int threads) const override { return threads * rowBytes_; }

  void run(const Buffers& buffers, const Team& team) const override {
    const auto& [maps, height, width] = operation_;
    auto* y = static_cast<uint8_t*>(buffers.outputs[0]);
    auto* line = reinterpret_cast<uint8_t*>(buffers.scratch) + team.index * rowBytes_;
    const int lowest = isSigned_ ? -128 : 0;
    std::memset(line, lowest, static_cast<size_t>(rowBytes_));
    const Range rows = team.share(maps * height.to);
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      const int64_t position = row % height.to;
      const Taps taps = height.inside(position);
      const int64_t first = row / height.to * height.from + height.start(position) + taps.begin * height.dilation;
      const auto* x = static_cast<const uint8_t*>(buffers.inputs[0]);
      if (taps.count() == 0) {
        std::memset(line + width.padBegin, lowest, static_cast<size_t>(width.from));
      } else {
        functions_.maxRows[isSigned_](x + first * width.from, height.dilation * width.from, taps.count(),
                                      line + width.padBegin, width.from);
      }
      functions_.maxWindows[isSigned_](line, y + row * width.to, width.to, width.kernel, width.stride, width.dilation);
    }
  }

 private:
  PoolOperation operation_;
  bool isSigned_;
  const ByteFunctions& functions_;
  int64_t rowBytes_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  if (!operation.hasInput(0) || operation.input(0).type == DataType::float32) return false;
  const PoolOperation pool = maxPoolOf(operation);
  return pool.maps > 0 && pool.width.isPaddedLittle();
}

}  // namespace

const KernelDefinition maxPoolBytes = {"maxPool.bytes", Opcode::maxPool, overwritesNothing, supports,
                                       makeVectorKernel<MaxPoolBytes>};

}  // namespace gdws
