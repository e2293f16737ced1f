#include <algorithm>
#include <cstring>

#include "kernels/integer_average_pool/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// The rows of x that a row of y depends on are added up, in scratch memory, between padding of zeros; windows walk
/// along the sums. Where windows are whole maps, each is one sum.
class IntegerAveragePoolRows final : public Kernel {
 public:
  IntegerAveragePoolRows(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(operation),
        functions_(functions.bytes),
        global_(seesAll(operation_.pool.height) && seesAll(operation_.pool.width)),
        rowInts_((operation_.pool.width.paddedLength() + 15) / 16 * 16),
        sumInts_((operation_.pool.width.to + 15) / 16 * 16) {
    const PoolAxis& width = operation_.pool.width;
    for (int64_t column = 0; column < width.to; ++column) {
      inside_.push_back(static_cast<int32_t>(width.inside(column).count()));
      counted_.push_back(operation_.countOf(width, column));
    }
  }

  int64_t scratchBytes(int threads) const override {
    return global_ ? 0 : threads * (rowInts_ + sumInts_) * int64_t{sizeof(int32_t)};
  }

  void run(const Buffers& buffers, const Team& team) const override {
    const auto& [maps, height, width] = operation_.pool;
    const bool isSigned = operation_.xType == DataType::int8;
    const auto* x = static_cast<const uint8_t*>(buffers.inputs[0]);
    auto* y = static_cast<uint8_t*>(buffers.outputs[0]);
    if (global_) {
      const int64_t area = height.from * width.from;
      const float taps = operation_.tapsOf(0, 0);
      const Range share = team.share(maps);
      for (int64_t map = share.begin; map < share.end; ++map) {
        const int64_t sum = functions_.sum[isSigned](x + map * area, area);
        y[map] = operation_.result(sum - area * operation_.attributes.xZeroPoint, taps);
      }
      return;
    }
    auto* line = reinterpret_cast<int32_t*>(buffers.scratch) + team.index * (rowInts_ + sumInts_);
    int32_t* sums = line + rowInts_;
    std::fill_n(line, rowInts_, 0);
    const Range rows = team.share(maps * height.to);
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      const int64_t position = row % height.to;
      const Taps taps = height.inside(position);
      const int64_t first = row / height.to * height.from + height.start(position) + taps.begin * height.dilation;
      if (taps.count() == 0) {
        std::fill_n(line + width.padBegin, width.from, 0);
      } else {
        functions_.sumRows[isSigned](x + first * width.from, height.dilation * width.from, taps.count(),
                                     line + width.padBegin, width.from);
      }
      functions_.sumWindows(line, sums, width.to, width.kernel, width.stride, width.dilation);
      const MeanTaps means{operation_.attributes.xZeroPoint, static_cast<int32_t>(taps.count()),
                           operation_.countOf(height, position), inside_.data(), counted_.data()};
      functions_.averages(sums, means, y + row * width.to, width.to, operation_.attributes.scale,
                          operation_.range.result(operation_.attributes.zeroPoint));
    }
  }

 private:
  static bool seesAll(const PoolAxis& axis) {
    return axis.to == 1 && axis.dilation == 1 && axis.inside(0).count() == axis.from;
  }

  IntegerAveragePoolOperation operation_;
  const ByteFunctions& functions_;
  bool global_;
  int64_t rowInts_;
  int64_t sumInts_;
  std::vector<int32_t> inside_;
  std::vector<int32_t> counted_;
};

/// Sums of larger windows may not fit an int32.
constexpr int64_t largestWindow = 1 << 22;

bool supports(const OperationView& operation, const KernelContext&) {
  const PoolOperation pool = IntegerAveragePoolOperation(operation).pool;
  return pool.maps > 0 && pool.width.isPaddedLittle() && pool.height.kernel <= largestWindow / pool.width.kernel;
}

}  // namespace

const KernelDefinition integerAveragePoolRows = {"integerAveragePool.rows", Opcode::integerAveragePool,
                                                 overwritesNothing, supports, makeVectorKernel<IntegerAveragePoolRows>};

}  // namespace gdws
