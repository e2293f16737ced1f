#include <algorithm>

#include "kernels/average_pool/operation.h"
#include "kernels/pooling/row_pooling.h"
#include "kernels/product/scratch.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class AveragePoolRows final : public Kernel {
 public:
  AveragePoolRows(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(operation), functions_(functions), pooling_(operation_.pool, Fold::sum, functions) {
    // Where several rows are made at once, each needs its own counts.
    for (int64_t row = 0; row < pooling_.rowsAtOnce(); ++row) {
      for (int64_t column = 0; column < operation_.pool.width.to; ++column) {
        columnTaps_.push_back(divisor(operation_.pool.width, column));
      }
    }
  }

  int64_t scratchBytes(int threads) const override { return scratchFor(threads, pooling_.scratchFloats()); }

  void run(const Buffers& buffers, const Team& team) const override {
    const auto& [maps, height, width] = operation_.pool;
    const float* x = buffers.floats(0);
    float* y = buffers.result();
    if (pooling_.isGlobal()) {
      const double taps = static_cast<double>(divisor(height, 0)) * divisor(width, 0);
      const Range share = team.share(maps);
      for (int64_t map = share.begin; map < share.end; ++map) {
        y[map] = static_cast<float>(pooling_.whole(x, map) / taps);
      }
      return;
    }
    float* scratch = reinterpret_cast<float*>(buffers.scratch) + team.index * pooling_.scratchFloats();
    pooling_.prepare(scratch);
    const int64_t step = pooling_.rowsAtOnce();
    const Range rows = team.share(maps * height.to);
    for (int64_t row = rows.begin; row < rows.end; row += step) {
      const int64_t count = std::min(step, rows.end - row);
      pooling_.rows(x, y, row, count, scratch);
      float* sums = y + row * width.to;
      divide(OperandForm::bothRows, sums, columnTaps_.data(), count * width.to);
      for (int64_t i = 0; i < count; ++i) {
        const float taps = divisor(height, (row + i) % height.to);
        divide(OperandForm::secondScalar, sums + i * width.to, &taps, width.to);
      }
    }
  }

 private:
  /// Taps along an axis, at least 1: a window without taps has the sum 0.
  float divisor(const PoolAxis& axis, int64_t position) const {
    return static_cast<float>(std::max<int64_t>(1, operation_.countOf(axis, position)));
  }

  void divide(OperandForm form, float* sums, const float* taps, int64_t count) const {
    functions_.binary[static_cast<int>(BinaryFunction::div)][static_cast<int>(form)]
                     [static_cast<int>(Activation::none)](sums, taps, sums, count, 0, 0);
  }

  AveragePoolOperation operation_;
  const ElementwiseFunctions& functions_;
  RowPooling pooling_;
  std::vector<float> columnTaps_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  return AveragePoolOperation(operation).pool.maps > 0;
}

}  // namespace

const KernelDefinition averagePoolRows = {"averagePool.rows", Opcode::averagePool, overwritesNothing, supports,
                                          makeVectorKernel<AveragePoolRows>};

}  // namespace gdws
