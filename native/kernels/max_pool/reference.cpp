#include <limits>

#include "kernels/max_pool/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// NaN within a window makes its output NaN; a window without taps gives -inf.
class MaxPoolReference final : public Kernel {
 public:
  explicit MaxPoolReference(const OperationView& operation) : operation_(maxPoolOf(operation)) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const auto& [maps, height, width] = operation_;
    float* y = buffers.result();
    for (int64_t map = 0; map < maps; ++map) {
      const float* x = buffers.floats(0) + map * height.from * width.from;
      for (int64_t row = 0; row < height.to; ++row) {
        for (int64_t column = 0; column < width.to; ++column) *y++ = largest(x, row, column);
      }
    }
  }

 private:
  float largest(const float* x, int64_t row, int64_t column) const {
    const auto& [maps, height, width] = operation_;
    const Taps rows = height.inside(row);
    const Taps columns = width.inside(column);
    float result = -std::numeric_limits<float>::infinity();
    for (int64_t i = rows.begin; i < rows.end; ++i) {
      for (int64_t j = columns.begin; j < columns.end; ++j) {
        const float value =
            x[(height.start(row) + i * height.dilation) * width.from + width.start(column) + j * width.dilation];
        if (value > result || value != value) result = value;
      }
    }
    return result;
  }

  PoolOperation operation_;
};

}  // namespace

const KernelDefinition maxPoolReference = {"maxPool.reference", Opcode::maxPool, overwritesNothing, supportsAll,
                                           makeKernel<MaxPoolReference>};

}  // namespace gdws
