#include "kernels/integer_matmul/shape.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class Reference final : public Kernel {
 public:
  explicit Reference(const OperationView& operation) : shape_(IntegerMatmulShape::of(operation)) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const MatmulShape& matrices = shape_.matrices;
    const Bytes a(buffers.inputs[0], shape_.aType), b(buffers.inputs[1], shape_.bType);
    const int32_t aZeroPoint = shape_.aZeroPoint(buffers);
    const int32_t* bias = shape_.result.bias(buffers);
    if (team.index != 0) return;
    for (int64_t row = 0; row < matrices.batch() * matrices.rows; ++row) {
      const auto [offsetOfA, offsetOfB] = matrices.offsetsAt(row / matrices.rows);
      const int64_t rowAt = offsetOfA + row % matrices.rows * matrices.aRowPitch();
      for (int64_t column = 0; column < matrices.columns; ++column) {
        const int64_t columnAt = offsetOfB + column * matrices.bColumnPitch();
        const int32_t bZeroPoint = shape_.bZeroPoint(buffers, column);
        int32_t sum = 0;
        for (int64_t k = 0; k < matrices.depth; ++k) {
          sum += (a[rowAt + k * matrices.aDepthPitch()] - aZeroPoint) *
                 (b[columnAt + k * matrices.bDepthPitch()] - bZeroPoint);
        }
        if (bias != nullptr) sum = wrappingSum(sum, bias[column]);
        shape_.result.write(buffers, row * matrices.columns + column, column, sum);
      }
    }
  }

 private:
  IntegerMatmulShape shape_;
};

}  // namespace

const KernelDefinition integerMatmulReference = {"integerMatmul.reference", Opcode::integerMatmul, 6, supportsAll,
                                                 makeKernel<Reference>};

}  // namespace gdws
