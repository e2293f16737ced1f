#include <algorithm>

#include "kernels/integer/sum_result.h"
#include "kernels/integer_matmul/shape.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Adds up a row of the result at once, over rows of b.
class IntegerMatmulRows final : public Kernel {
 public:
  explicit IntegerMatmulRows(const OperationView& operation) : shape_(IntegerMatmulShape::of(operation)) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const MatmulShape& matrices = shape_.matrices;
    auto* const y = static_cast<int32_t*>(buffers.outputs[0]);
    const Range rows = team.share(matrices.batch() * matrices.rows);
    for (int64_t row = rows.begin; row < rows.end; ++row) addUp(buffers, row, y + row * matrices.columns);
  }

 private:
  /// Σ (a - za)·(b - zb) = Σ (a - za)·b - zb·Σ (a - za). The terms may go beyond an int32, their sum does not.
  void addUp(const Buffers& buffers, int64_t row, int32_t* sums) const {
    const MatmulShape& matrices = shape_.matrices;
    const Bytes a(buffers.inputs[0], shape_.aType);
    const int32_t zero = shape_.aZeroPoint(buffers);
    const auto [offsetOfA, offsetOfB] = matrices.offsetsAt(row / matrices.rows);
    const int64_t rowAt = offsetOfA + row % matrices.rows * matrices.depth;
    std::fill_n(sums, matrices.columns, 0);
    int32_t total = 0;
    for (int64_t k = 0; k < matrices.depth; ++k) {
      const int32_t factor = a[rowAt + k] - zero;
      total = wrappingSum(total, factor);
      if (factor == 0) continue;
      const int64_t from = offsetOfB + k * matrices.columns;
      if (shape_.bType == DataType::int8) {
        addProducts(factor, static_cast<const int8_t*>(buffers.inputs[1]) + from, sums);
      } else {
        addProducts(factor, static_cast<const uint8_t*>(buffers.inputs[1]) + from, sums);
      }
    }
    for (int64_t column = 0; column < matrices.columns; ++column) {
      const auto product = static_cast<uint32_t>(shape_.bZeroPoint(buffers, column)) * static_cast<uint32_t>(total);
      sums[column] = wrappingSum(sums[column], static_cast<int32_t>(-product));
    }
  }

  template <class Byte>
  void addProducts(int32_t factor, const Byte* b, int32_t* sums) const {
    for (int64_t column = 0; column < shape_.matrices.columns; ++column) {
      sums[column] = wrappingSum(sums[column], factor * b[column]);
    }
  }

  IntegerMatmulShape shape_;
};

}  // namespace

const KernelDefinition integerMatmulRows = {"integerMatmul.rows", Opcode::integerMatmul, overwritesNothing, supportsAll,
                                            makeKernel<IntegerMatmulRows>};

}  // namespace gdws
