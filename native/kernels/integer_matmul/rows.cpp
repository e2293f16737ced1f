#include "kernels/integer_matmul/shape.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Adds up a row of the result at once, over rows of b where these are consecutive.
class IntegerMatmulRows final : public Kernel {
 public:
  explicit IntegerMatmulRows(const OperationView& operation) : shape_(IntegerMatmulShape::of(operation)) {}

  size_t scratchBytes(int threads) const override {
    return static_cast<size_t>(threads) * static_cast<size_t>(shape_.matrices.columns) * sizeof(int32_t);
  }

  void run(const Buffers& buffers, const Team& team) const override {
    const MatmulShape& matrices = shape_.matrices;
    const int64_t columns = matrices.columns;
    int32_t* sums = reinterpret_cast<int32_t*>(buffers.scratch) + team.index * columns;
    const int32_t* bias = shape_.result.bias(buffers);
    const Range rows = team.share(matrices.batch() * matrices.rows);
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      for (int64_t column = 0; column < columns; ++column) sums[column] = bias == nullptr ? 0 : bias[column];
      addRow(buffers, row, sums);
      for (int64_t column = 0; column < columns; ++column) {
        shape_.result.write(buffers, row * columns + column, column, sums[column]);
      }
    }
  }

 private:
  /// Σ (a - za)·(b - zb) = Σ (a - za)·b - zb·Σ (a - za).
  void addRow(const Buffers& buffers, int64_t row, int32_t* sums) const {
    const MatmulShape& matrices = shape_.matrices;
    const Bytes a(buffers.inputs[0], shape_.aType);
    const int32_t zero = shape_.aZeroPoint(buffers);
    const auto [offsetOfA, offsetOfB] = matrices.offsetsAt(row / matrices.rows);
    const int64_t rowAt = offsetOfA + row % matrices.rows * matrices.aRowPitch();
    int32_t total = 0;
    for (int64_t k = 0; k < matrices.depth; ++k) {
      const int32_t factor = a[rowAt + k * matrices.aDepthPitch()] - zero;
      total = wrappingSum(total, factor);
      if (factor == 0) continue;
      const int64_t from = offsetOfB + k * matrices.bDepthPitch();
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
    const int64_t columns = shape_.matrices.columns, pitch = shape_.matrices.bColumnPitch();
    if (pitch == 1) {
      for (int64_t column = 0; column < columns; ++column) {
        sums[column] = wrappingSum(sums[column], factor * b[column]);
      }
    } else {
      for (int64_t column = 0; column < columns; ++column) {
        sums[column] = wrappingSum(sums[column], factor * b[column * pitch]);
      }
    }
  }

  IntegerMatmulShape shape_;
};

}  // namespace

const KernelDefinition integerMatmulRows = {"integerMatmul.rows", Opcode::integerMatmul, 6, supportsAll,
                                            makeKernel<IntegerMatmulRows>};

}  // namespace gdws
