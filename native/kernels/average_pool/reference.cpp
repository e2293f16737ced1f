#include "kernels/average_pool/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class AveragePoolReference final : public Kernel {
 public:
  explicit AveragePoolReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const auto& [maps, height, width] = operation_.pool;
    float* y = buffers.result();
    for (int64_t map = 0; map < maps; ++map) {
      const float* x = buffers.floats(0) + map * height.from * width.from;
      for (int64_t row = 0; row < height.to; ++row) {
        for (int64_t column = 0; column < width.to; ++column) *y++ = static_cast<float>(mean(x, row, column));
      }
    }
  }

 private:
  double mean(const float* x, int64_t row, int64_t column) const {
    const auto& [maps, height, width] = operation_.pool;
    const Taps rows = height.inside(row);
    const Taps columns = width.inside(column);
    double sum = 0;
    for (int64_t i = rows.begin; i < rows.end; ++i) {
      for (int64_t j = columns.begin; j < columns.end; ++j) {
        sum += x[(height.start(row) + i * height.dilation) * width.from + width.start(column) + j * width.dilation];
      }
    }
    const int64_t count = operation_.countOf(height, row) * operation_.countOf(width, column);
    return count == 0 ? 0 : sum / static_cast<double>(count);
  }

  AveragePoolOperation operation_;
};

}  // namespace

const KernelDefinition averagePoolReference = {"averagePool.reference", Opcode::averagePool, overwritesNothing,
                                               supportsAll, makeKernel<AveragePoolReference>};

}  // namespace gdws
