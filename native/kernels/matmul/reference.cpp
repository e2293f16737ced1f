#include "kernels/activate.h"
#include "kernels/matmul/shape.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class Reference final : public Kernel {
 public:
  explicit Reference(const OperationView& operation) : shape_(MatmulShape::of(operation)) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const Range rows = team.share(shape_.batch() * shape_.rows);
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      const auto [offsetOfA, offsetOfB] = shape_.offsetsAt(row / shape_.rows);
      const float* a = buffers.floats(0) + offsetOfA + row % shape_.rows * shape_.aRowPitch();
      const float* b = buffers.floats(1) + offsetOfB;
      for (int64_t column = 0; column < shape_.columns; ++column) {
        double sum = 0;
        for (int64_t k = 0; k < shape_.depth; ++k) {
          sum += double{a[k * shape_.aDepthPitch()]} * b[k * shape_.bDepthPitch() + column * shape_.bColumnPitch()];
        }
        finish(buffers, row * shape_.columns + column, column, sum * shape_.alpha);
      }
    }
  }

 private:
  void finish(const Buffers& buffers, int64_t at, int64_t column, double sum) const {
    const float* bias = shape_.addends.bias(buffers);
    const float* residual = shape_.addends.residual(buffers);
    if (bias != nullptr) sum += bias[shape_.biasLength == 1 ? 0 : column];
    if (residual != nullptr) sum += residual[at];
    buffers.result()[at] = static_cast<float>(activate(shape_.activation, sum));
  }

  MatmulShape shape_;
};

}  // namespace

const KernelDefinition matmulReference = {"matmul.reference", Opcode::matmul, 3, supportsAll, makeKernel<Reference>};

}  // namespace gdws
