#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/registry.h"
#include "kernels/softmax/operation.h"

namespace gdws {

namespace {

/// Columns of a tile where n is not the last axis: their maxima and sums stay in the first-level cache.
constexpr int64_t tile = 256;

/// Rows of at most so many elements are transposed, so that vectors hold an element of many rows.
constexpr int64_t shortRow = 16;

class SoftmaxVector final : public Kernel {
 public:
  SoftmaxVector(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(operation), functions_(functions) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const auto& [outer, n, inner, logarithm] = operation_;
    if (inner == 1 && n <= shortRow) {
      const int64_t tiles = (outer + tile - 1) / tile;
      const Range share = team.share(tiles);
      for (int64_t i = share.begin; i < share.end; ++i) {
        const int64_t first = i * tile * n;
        alongShortRows(buffers.floats(0) + first, buffers.result() + first, std::min(tile, outer - i * tile));
      }
      return;
    }
    if (inner == 1) {
      const Range rows = team.share(outer);
      for (int64_t row = rows.begin; row < rows.end; ++row) {
        alongRow(buffers.floats(0) + row * n, buffers.result() + row * n);
      }
      return;
    }
    const int64_t tiles = (inner + tile - 1) / tile;
    const Range share = team.share(outer * tiles);
    for (int64_t i = share.begin; i < share.end; ++i) {
      const int64_t column = i % tiles * tile;
      const int64_t first = i / tiles * n * inner + column;
      alongColumns(buffers.floats(0) + first, buffers.result() + first, inner, std::min(tile, inner - column));
    }
  }

 private:
  void alongRow(const float* x, float* y) const {
    const int64_t n = operation_.n;
    const auto maximum = static_cast<float>(functions_.foldRow[static_cast<int>(Fold::max)](x, n));
    if (operation_.logarithm) {
      const double sum = functions_.exponentials(x, nullptr, n, maximum);
      functions_.standardize(x, y, n, maximum, 1, static_cast<float>(-std::log(sum)));
    } else {
      const double sum = functions_.exponentials(x, y, n, maximum);
      functions_.standardize(y, y, n, 0, static_cast<float>(1 / sum), 0);
    }
  }

  void alongShortRows(const float* x, float* y, int64_t rows) const {
    alignas(64) float columns[shortRow * tile];
    const int64_t n = operation_.n;
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t row = 0; row < rows; ++row) columns[i * tile + row] = x[row * n + i];
    }
    alongColumns(columns, columns, tile, rows);
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t row = 0; row < rows; ++row) y[row * n + i] = columns[i * tile + row];
    }
  }

  /// n rows `inner` elements apart.
  void alongColumns(const float* x, float* y, int64_t inner, int64_t columns) const {
    const int64_t n = operation_.n;
    const bool logarithm = operation_.logarithm;
    alignas(64) float maximum[tile];
    alignas(64) float sums[tile];
    std::fill_n(maximum, columns, -std::numeric_limits<float>::infinity());
    std::fill_n(sums, columns, 0.0f);
    for (int64_t i = 0; i < n; ++i) functions_.foldInto[static_cast<int>(Fold::max)](x + i * inner, maximum, columns);
    for (int64_t i = 0; i < n; ++i) {
      functions_.exponentialsInto(x + i * inner, maximum, logarithm ? nullptr : y + i * inner, sums, columns);
    }
    const auto row = [&](BinaryFunction function) {
      return functions_.binary[static_cast<int>(function)][static_cast<int>(OperandForm::bothRows)]
                              [static_cast<int>(Activation::none)];
    };
    if (logarithm) functions_.unary[static_cast<int>(UnaryFunction::log)](sums, sums, columns, 0, 0);
    for (int64_t i = 0; i < n; ++i) {
      if (logarithm) {
        row(BinaryFunction::sub)(x + i * inner, maximum, y + i * inner, columns, 0, 0);
        row(BinaryFunction::sub)(y + i * inner, sums, y + i * inner, columns, 0, 0);
      } else {
        row(BinaryFunction::div)(y + i * inner, sums, y + i * inner, columns, 0, 0);
      }
    }
  }

  SoftmaxOperation operation_;
  const ElementwiseFunctions& functions_;
};

}  // namespace

const KernelDefinition softmaxVector = {"softmax.vector", Opcode::softmax, 0, supportsAll,
                                        makeVectorKernel<SoftmaxVector>};

}  // namespace gdws
