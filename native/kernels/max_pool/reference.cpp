#include <limits>

#include "kernels/max_pool/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// NaN within a window makes its output NaN; a window without taps gives -inf, or the least byte.
class MaxPoolReference final : public Kernel {
 public:
  explicit MaxPoolReference(const OperationView& operation)
      : operation_(maxPoolOf(operation)), type_(operation.input(0).type) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    if (type_ == DataType::uint8) return pool<uint8_t>(buffers);
    if (type_ == DataType::int8) return pool<int8_t>(buffers);
    pool<float>(buffers);
  }

 private:
  template <class Number>
  void pool(const Buffers& buffers) const {
    const auto& [maps, height, width] = operation_;
    auto* y = static_cast<Number*>(buffers.outputs[0]);
    for (int64_t map = 0; map < maps; ++map) {
      const auto* x = static_cast<const Number*>(buffers.inputs[0]) + map * height.from * width.from;
      for (int64_t row = 0; row < height.to; ++row) {
        for (int64_t column = 0; column < width.to; ++column) *y++ = largest(x, row, column);
      }
    }
  }

  template <class Number>
  Number largest(const Number* x, int64_t row, int64_t column) const {
    using Limits = std::numeric_limits<Number>;
    const auto& [maps, height, width] = operation_;
    const Taps rows = height.inside(row);
    const Taps columns = width.inside(column);
    Number result = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
    for (int64_t i = rows.begin; i < rows.end; ++i) {
      for (int64_t j = columns.begin; j < columns.end; ++j) {
        const Number value =
            x[(height.start(row) + i * height.dilation) * width.from + width.start(column) + j * width.dilation];
        if (value > result || value != value) result = value;
      }
    }
    return result;
  }

  PoolOperation operation_;
  DataType type_;
};

}  // namespace

const KernelDefinition maxPoolReference = {"maxPool.reference", Opcode::maxPool, overwritesNothing, supportsAll,
                                           makeKernel<MaxPoolReference>};

}  // namespace gdws
