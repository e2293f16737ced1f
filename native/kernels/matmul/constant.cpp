#include <bit>

#include "kernels/matmul/shape.h"
#include "kernels/product/packed_product.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// The rows of all matrices of a, each an image of one pixel, whose channels are the depth.
class RowsOfA final : public Producer {
 public:
  RowsOfA(const MatmulShape& shape, const VectorTable& vectors) : shape_(shape), vectors_(vectors) {}

  int64_t prepare(int64_t, int64_t) override { return 0; }

  void produce(const Buffers& buffers, const PixelTile& tile, int64_t, const Range& depth, float* panel, int64_t pitch,
               float*) const override {
    int64_t done = 0;
    while (done < tile.rows) {
      const int64_t row = tile.firstRow + done;
      const int64_t count = std::min(tile.rows - done, shape_.rows - row % shape_.rows);
      const float* a = buffers.floats(0) + row / shape_.rows * shape_.rows * shape_.depth +
                       row % shape_.rows * shape_.aRowPitch() + depth.begin * shape_.aDepthPitch();
      const int64_t steps = depth.end - depth.begin;
      if (shape_.transposeA) {
        for (int64_t k = 0; k < steps; ++k) {
          vectors_.product.copy(a + k * shape_.rows, panel + k * pitch + done, count);
        }
      } else {
        vectors_.product.transpose(a, shape_.depth, count, steps, panel + done, pitch);
      }
      done += count;
    }
  }

  bool spills() const override { return false; }
  double cyclesPerDepth(int64_t rows, int64_t) const override { return static_cast<double>(rows); }
  bool hasHalo() const override { return false; }

 private:
  MatmulShape shape_;
  const VectorTable& vectors_;
};

/// A product by a constant matrix, which is packed once, as in the last layer of a classifier.
class ConstantMatmul final : public Kernel {
 public:
  ConstantMatmul(const OperationView& operation, KernelContext& context)
      : shape_(MatmulShape::of(operation)), product_(makeProduct(operation, shape_, context)) {}

  int64_t scratchBytes(int threads) const override { return scratchFor(threads, product_.scratchFloats()); }
  bool readsInput(size_t i) const override { return i != 1; }
  void run(const Buffers& buffers, const Team& team) const override {
    const Addends& addends = shape_.addends;
    product_.run(buffers,
                 {addends.bias(buffers), shape_.biasLength == 1 ? 0 : 1, addends.residual(buffers), buffers.result()},
                 team, scratchOf(buffers, team, product_.scratchFloats()));
  }

 private:
  static PackedProduct makeProduct(const OperationView& operation, const MatmulShape& shape, KernelContext& context) {
    ProductGeometry geometry;
    geometry.map = {shape.batch() * shape.rows, 1, 1};
    geometry.channels = shape.columns;
    geometry.depth = shape.depth;
    geometry.result = ResultMap::planes(geometry.map, shape.columns);
    geometry.activation = shape.activation;
    const Value& b = operation.input(1);
    const std::string key = "matmul " + std::to_string(b.index) + (shape.transposeB ? " transposed " : " ") +
                            std::to_string(std::bit_cast<uint32_t>(shape.alpha));
    return PackedProduct(geometry, std::make_unique<RowsOfA>(shape, context.vectors),
                         {static_cast<const float*>(b.data), shape.bColumnPitch(), shape.bDepthPitch(), shape.alpha},
                         key, context);
  }

  MatmulShape shape_;
  PackedProduct product_;
};

/// Whether the matrices of y are those of a, in order, each multiplied by the same b.
bool isPlainBatch(const MatmulShape& shape) {
  if (shape.batch() == 1) return true;
  const StridedLoop& matrices = shape.matrices;
  return matrices.axes.size() == 1 && matrices.axes[0].strides[0] == 1 && matrices.axes[0].strides[1] == 0;
}

bool supports(const OperationView& operation, const KernelContext&) {
  const MatmulShape shape = MatmulShape::of(operation);
  return operation.input(1).storage == Storage::constant && operation.output().elements > 0 && isPlainBatch(shape);
}

std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<ConstantMatmul>(operation, context);
}

}  // namespace

const KernelDefinition matmulConstant = {"matmul.constant", Opcode::matmul, 3, supports, make};

}  // namespace gdws
