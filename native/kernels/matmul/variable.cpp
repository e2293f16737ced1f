#include "kernels/matmul/shape.h"
#include "kernels/product/blocking.h"
#include "kernels/product/rounding.h"
#include "kernels/product/scratch.h"
#include "kernels/product/vector_results.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

constexpr int64_t tileRows = 96, tileColumns = 128, tileDepth = 192;

/// a·aᵀ or aᵀ·a of one value, with nothing added that differs between rows and columns.
bool isSymmetric(const OperationView& operation, const MatmulShape& shape) {
  return &operation.input(0) == &operation.input(1) && shape.transposeA != shape.transposeB && shape.biasLength == 0 &&
         !operation.hasInput(3);
}

/// A product of two matrices that are both known only at run time: blocks of either are packed as they are needed. A
/// symmetric product is computed below the diagonal and mirrored.
class VariableMatmul final : public Kernel {
 public:
  VariableMatmul(const OperationView& operation, const KernelContext& context)
      : shape_(MatmulShape::of(operation)),
        vectors_(context.vectors),
        symmetric_(isSymmetric(operation, shape_)),
        rows_(Split::atMost(shape_.rows, tileRows)),
        columns_(Split::atMost(shape_.columns, symmetric_ ? tileRows : tileColumns)),
        depths_(Split::atMost(shape_.depth, tileDepth)) {
    const int64_t lanes = vectors_.lanes;
    blocking_ = chooseBlocking(vectors_, rows_.largest(), quotientUp(columns_.largest(), lanes), depths_.largest());
    aPitch_ = rows_.largest();
    bPitch_ = oddLines(columns_.largest());
    aFloats_ = wholeLines(aPitch_ * depths_.largest());
    bFloats_ = wholeLines(bPitch_ * depths_.largest());
    sumsFloats_ = bPitch_ * rows_.largest();
  }

  int64_t scratchBytes(int threads) const override { return scratchFor(threads, floatsPerThread()); }

  void run(const Buffers& buffers, const Team& team) const override {
    Work work{};
    work.a = scratchOf(buffers, team, floatsPerThread());
    work.b = work.a + aFloats_;
    work.sums = work.b + bFloats_;
    work.bias = work.sums + sumsFloats_;
    const int64_t tiles = symmetric_ ? rows_.parts * (rows_.parts + 1) / 2 : rows_.parts * columns_.parts;
    const Range items = team.share(shape_.batch() * tiles);
    for (int64_t item = items.begin; item < items.end; ++item) {
      work.matrix = item / tiles;
      const auto [offsetOfA, offsetOfB] = shape_.offsetsAt(work.matrix);
      work.matrixA = buffers.floats(0) + offsetOfA;
      work.matrixB = buffers.floats(1) + offsetOfB;
      const Tile tile = tileAt(item % tiles);
      work.row = rows_.begin(tile.row);
      work.rowCount = rows_.size(tile.row);
      work.column = columns_.begin(tile.column);
      work.columnCount = columns_.size(tile.column);
      if (const float* bias = shape_.addends.bias(buffers)) {
        for (int64_t j = 0; j < work.columnCount; ++j)
          work.bias[j] = bias[shape_.biasLength == 1 ? 0 : work.column + j];
      }
      for (int64_t part = 0; part < depths_.parts; ++part) {
        packA(work, depths_.begin(part), depths_.size(part));
        packB(work, depths_.begin(part), depths_.size(part));
        multiply(buffers, work, part);
      }
      if (symmetric_ && tile.row != tile.column) mirror(buffers, work);
    }
  }

 private:
  struct Tile {
    int64_t row, column;
  };

  struct Work {
    int64_t matrix, row, rowCount, column, columnCount;
    const float *matrixA, *matrixB;
    float *a, *b, *sums, *bias;
  };

  /// One column of tiles after the other; of a symmetric product one row after the other, up to the diagonal.
  Tile tileAt(int64_t number) const {
    if (!symmetric_) return {number % rows_.parts, number / rows_.parts};
    int64_t row = 0;
    for (; number > row; ++row) number -= row + 1;
    return {row, number};
  }

  void mirror(const Buffers& buffers, const Work& work) const {
    float* matrix = buffers.result() + work.matrix * shape_.rows * shape_.columns;
    vectors_.product.transpose(matrix + work.row * shape_.columns + work.column, shape_.columns, work.rowCount,
                               work.columnCount, matrix + work.column * shape_.columns + work.row, shape_.columns);
  }

  int64_t floatsPerThread() const { return aFloats_ + bFloats_ + sumsFloats_ + bPitch_; }

  /// (k, row) at k·rowCount + row, times alpha.
  void packA(const Work& work, int64_t first, int64_t depth) const {
    const float* a = work.matrixA + work.row * shape_.aRowPitch() + first * shape_.aDepthPitch();
    if (shape_.transposeA) {
      for (int64_t k = 0; k < depth; ++k) {
        vectors_.product.copy(a + k * shape_.rows, work.a + k * work.rowCount, work.rowCount);
      }
    } else {
      vectors_.product.transpose(a, shape_.depth, work.rowCount, depth, work.a, work.rowCount);
    }
    if (shape_.alpha == 1) return;
    for (int64_t i = 0; i < depth * work.rowCount; ++i) work.a[i] *= shape_.alpha;
  }

  /// (k, column) at k·bPitch + column.
  void packB(const Work& work, int64_t first, int64_t depth) const {
    const float* b = work.matrixB + work.column * shape_.bColumnPitch() + first * shape_.bDepthPitch();
    if (shape_.transposeB) {
      vectors_.product.transpose(b, shape_.depth, work.columnCount, depth, work.b, bPitch_);
    } else {
      for (int64_t k = 0; k < depth; ++k) {
        vectors_.product.copy(b + k * shape_.columns, work.b + k * bPitch_, work.columnCount);
      }
    }
  }

  void multiply(const Buffers& buffers, const Work& work, int64_t depthPart) const {
    const int64_t lanes = vectors_.lanes;
    const bool first = depthPart == 0, last = depthPart == depths_.parts - 1;
    const float* residual = first ? shape_.addends.residual(buffers) : nullptr;
    const Split rowParts = Split::atMost(work.rowCount, blocking_.rows.largest());
    const Split vectorParts = Split::atMost(quotientUp(work.columnCount, lanes), blocking_.vectors.largest());
    const PixelMap map{1, 1, shape_.columns};
    const PixelTile tile{0, 1, work.column, work.columnCount};
    MicroTile micro{};
    micro.rowsPitch = work.rowCount;
    micro.columnsPitch = bPitch_;
    micro.depth = depths_.size(depthPart);
    micro.activation = last ? shape_.activation.kind : Activation::none;
    micro.a = shape_.activation.a;
    micro.b = shape_.activation.b;
    VectorPlace places[ProductFunctions::maxVectors];
    micro.places = places;
    for (int64_t part = 0; part < vectorParts.parts; ++part) {
      const int64_t vector = vectorParts.begin(part), vectorCount = vectorParts.size(part);
      const VectorResults results(map, {0, shape_.columns, 0, 1}, tile, vector * lanes, vectorCount, lanes);
      micro.columns = work.b + vector * lanes;
      micro.ahead = micro.columns;
      micro.columnBias = first && shape_.biasLength > 0 ? work.bias + vector * lanes : nullptr;
      for (int64_t p = 0; p < rowParts.parts; ++p) {
        const int64_t row = rowParts.begin(p), rowCount = rowParts.size(p);
        const int64_t at = (work.matrix * shape_.rows + work.row + row) * shape_.columns;
        alignas(64) float stray[ProductFunctions::maxRows * ProductFunctions::maxVectors * 16];
        if (residual != nullptr && !results.allDirect()) {
          results.gather(residual + at, shape_.columns, rowCount, stray);
        }
        for (int64_t v = 0; v < vectorCount; ++v) {
          float* sums = work.sums + row * bPitch_ + (vector + v) * lanes;
          float* strayVector = stray + v * rowCount * lanes;
          const VectorPlace waiting{sums, bPitch_, sums, bPitch_};
          const VectorPlace direct{buffers.result() + at + results.offset(v), shape_.columns,
                                   residual == nullptr ? nullptr : residual + at + results.offset(v), shape_.columns};
          const VectorPlace indirect{strayVector, lanes, residual == nullptr ? nullptr : strayVector, lanes};
          const VectorPlace& final = results.direct(v) ? direct : indirect;
          const VectorPlace& to = last ? final : waiting;
          const VectorPlace& from = first ? final : waiting;
          places[v] = {to.result, to.resultPitch, from.initial, from.initialPitch};
        }
        micro.rows = work.a + row;
        vectors_.product.micro[rowCount][vectorCount](micro);
        if (last && !results.allDirect()) results.scatter(stray, buffers.result() + at, shape_.columns, rowCount);
      }
    }
  }

  MatmulShape shape_;
  const VectorTable& vectors_;
  bool symmetric_;
  Split rows_, columns_, depths_;
  Blocking blocking_;
  int64_t aPitch_, bPitch_, aFloats_, bFloats_, sumsFloats_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  MatmulShape::of(operation);
  return operation.output().elements > 0;
}

std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<VariableMatmul>(operation, context);
}

}  // namespace

const KernelDefinition matmulVariable = {"matmul.variable", Opcode::matmul, 3, supports, make};

}  // namespace gdws
