#include <algorithm>
#include <limits>

#include "kernels/max_pool_gradient/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Each window's gradient goes to the first of its largest elements, or to its last NaN.
class MaxPoolGradientReference final : public Kernel {
 public:
  explicit MaxPoolGradientReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const auto& [unused, height, width] = operation_.pool;
    std::fill_n(buffers.result(), operation_.maps * height.from * width.from, 0.0f);
    const float* gradient = buffers.floats(1);
    for (int64_t map = 0; map < operation_.maps; ++map) {
      const int64_t first = map * height.from * width.from;
      for (int64_t row = 0; row < height.to; ++row) {
        for (int64_t column = 0; column < width.to; ++column, ++gradient) {
          const int64_t at = largest(buffers.floats(0) + first, row, column);
          if (at >= 0) buffers.result()[first + at] += *gradient;
        }
      }
    }
  }

 private:
  /// -1 where the window has no tap on the map.
  int64_t largest(const float* x, int64_t row, int64_t column) const {
    const auto& [unused, height, width] = operation_.pool;
    const Taps rows = height.inside(row);
    const Taps columns = width.inside(column);
    float result = -std::numeric_limits<float>::infinity();
    int64_t place = -1;
    for (int64_t i = rows.begin; i < rows.end; ++i) {
      for (int64_t j = columns.begin; j < columns.end; ++j) {
        const int64_t at =
            (height.start(row) + i * height.dilation) * width.from + width.start(column) + j * width.dilation;
        if (place >= 0 && !(x[at] > result) && x[at] == x[at]) continue;
        result = x[at];
        place = at;
      }
    }
    return place;
  }

  MaxPoolGradientOperation operation_;
};

}  // namespace

const KernelDefinition maxPoolGradientReference = {"maxPoolGradient.reference", Opcode::maxPoolGradient,
                                                   overwritesNothing, supportsAll,
                                                   makeKernel<MaxPoolGradientReference>};

}  // namespace gdws
