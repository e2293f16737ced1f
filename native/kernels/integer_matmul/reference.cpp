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
    auto* const y = static_cast<int32_t*>(buffers.outputs[0]);
    const int32_t aZeroPoint = shape_.aZeroPoint(buffers);
    if (team.index != 0) return;
    for (int64_t row = 0; row < matrices.batch() * matrices.rows; ++row) {
      const auto [offsetOfA, offsetOfB] = matrices.offsetsAt(row / matrices.rows);
      const int64_t rowAt = offsetOfA + row % matrices.rows * matrices.depth;
      for (int64_t column = 0; column < matrices.columns; ++column) {
        const int32_t bZeroPoint = shape_.bZeroPoint(buffers, column);
        int32_t sum = 0;
        for (int64_t k = 0; k < matrices.depth; ++k) {
          sum += (a[rowAt + k] - aZeroPoint) * (b[offsetOfB + k * matrices.columns + column] - bZeroPoint);
        }
        y[row * matrices.columns + column] = sum;
      }
    }
  }

 private:
  IntegerMatmulShape shape_;
};

}  // namespace

const KernelDefinition integerMatmulReference = {"integerMatmul.reference", Opcode::integerMatmul, overwritesNothing,
                                                 supportsAll, makeKernel<Reference>};

}  // namespace gdws
