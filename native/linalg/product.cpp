#include "linalg/product.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/x86_features.h"

namespace gdws {

namespace {

/// Steps of depth after which sums leave the registers: a panel of A stays in the first-level cache until then.
constexpr int64_t depthBlock = 128;

/// Columns of B that are packed at once: they stay in the second-level cache.
constexpr int64_t columnBlock = 192;

constexpr int64_t maxTileRows = 24;

struct alignas(64) Panels {
  double a[maxTileRows * depthBlock];
  double b[depthBlock * columnBlock];
  double tile[maxTileRows * 8];
};

/// A tile of C: sums of `vectors` vectors of rows for each of `columns` columns.
template <int lanes, int vectors, int columns>
struct Tile {
  static constexpr int64_t rowCount = lanes * vectors, columnCount = columns;
  static_assert(rowCount <= maxTileRows && columns <= 8 && columnBlock % columns == 0);
  typedef double Vector __attribute__((vector_size(lanes * sizeof(double))));
  typedef double Unaligned __attribute__((vector_size(lanes * sizeof(double)), aligned(sizeof(double))));

  /// C -= A B of packed panels: `vectors` vectors of A and `columns` numbers of B for each step of depth.
  [[gnu::always_inline]] static void multiply(const double* a, const double* b, int64_t depth, double* c,
                                              int64_t pitch) {
    Vector sums[columns][vectors] = {};
    for (int64_t k = 0; k < depth; ++k) {
      const Vector* rows = reinterpret_cast<const Vector*>(a + k * rowCount);
      for (int j = 0; j < columns; ++j) {
        for (int v = 0; v < vectors; ++v) sums[j][v] += rows[v] * b[k * columns + j];
      }
    }
    for (int j = 0; j < columns; ++j) {
      for (int v = 0; v < vectors; ++v) *reinterpret_cast<Unaligned*>(c + j * pitch + v * lanes) -= sums[j][v];
    }
  }
};

using Multiply = void (*)(const double* a, const double* b, int64_t depth, double* c, int64_t pitch);

struct Kernel {
  int64_t rows;
  int64_t columns;
  Multiply multiply;
};

using Narrow = Tile<2, 2, 4>;
void multiplyNarrow(const double* a, const double* b, int64_t depth, double* c, int64_t pitch) {
  Narrow::multiply(a, b, depth, c, pitch);
}

#if defined(__x86_64__)
using Avx2 = Tile<4, 2, 6>;
[[gnu::target("avx2")]] void multiplyAvx2(const double* a, const double* b, int64_t depth, double* c, int64_t pitch) {
  Avx2::multiply(a, b, depth, c, pitch);
}

using Avx512 = Tile<8, 3, 8>;
[[gnu::target("avx512f")]] void multiplyAvx512(const double* a, const double* b, int64_t depth, double* c,
                                               int64_t pitch) {
  Avx512::multiply(a, b, depth, c, pitch);
}
#endif

template <typename Shape>
Kernel kernelOf(Multiply multiply) {
  return {Shape::rowCount, Shape::columnCount, multiply};
}

Kernel bestKernel() {
#if defined(__x86_64__)
  const char* const given = std::getenv("GDWS_MAX_ISA");
  const std::string_view cap = given == nullptr ? "" : given;
  const bool isWide = cap != "portable", isWidest = isWide && cap != "avx2" && cap != "avxvnni";
  if (isWidest && hasFma() && hasAvx512()) return kernelOf<Avx512>(multiplyAvx512);
  if (isWide && hasAvx2() && hasFma()) return kernelOf<Avx2>(multiplyAvx2);
#endif
  return kernelOf<Narrow>(multiplyNarrow);
}

/// Step of depth after step of depth of `count` rows, of A or of Bᵀ; rows up to `width` are zeros.
void pack(const double* from, int64_t rowPitch, int64_t depthPitch, int64_t count, int64_t width, int64_t depth,
          double* to) {
  for (int64_t k = 0; k < depth; ++k, to += width) {
    for (int64_t i = 0; i < count; ++i) to[i] = from[i * rowPitch + k * depthPitch];
    std::fill(to + count, to + width, 0.0);
  }
}

}  // namespace

void subtractProduct(double* c, int64_t pitch, int64_t rows, int64_t columns, int64_t depth, MatrixView a,
                     MatrixView b) {
  static const Kernel kernel = bestKernel();
  const auto panels = std::make_unique_for_overwrite<Panels>();
  for (int64_t firstColumn = 0; firstColumn < columns; firstColumn += columnBlock) {
    const int64_t endColumn = std::min(columns, firstColumn + columnBlock);
    for (int64_t first = 0; first < depth; first += depthBlock) {
      const int64_t steps = std::min(depthBlock, depth - first);
      for (int64_t j = firstColumn; j < endColumn; j += kernel.columns) {
        pack(b.data + first * b.rowPitch + j * b.columnPitch, b.columnPitch, b.rowPitch,
             std::min(kernel.columns, endColumn - j), kernel.columns, steps, panels->b + (j - firstColumn) * steps);
      }
      for (int64_t i = 0; i < rows; i += kernel.rows) {
        const int64_t rowCount = std::min(kernel.rows, rows - i);
        pack(a.data + i * a.rowPitch + first * a.columnPitch, a.rowPitch, a.columnPitch, rowCount, kernel.rows, steps,
             panels->a);
        for (int64_t j = firstColumn; j < endColumn; j += kernel.columns) {
          const double* const packed = panels->b + (j - firstColumn) * steps;
          const int64_t columnCount = std::min(kernel.columns, endColumn - j);
          if (rowCount == kernel.rows && columnCount == kernel.columns) {
            kernel.multiply(panels->a, packed, steps, c + i + j * pitch, pitch);
            continue;
          }
          std::fill_n(panels->tile, kernel.rows * kernel.columns, 0.0);
          kernel.multiply(panels->a, packed, steps, panels->tile, kernel.rows);
          for (int64_t column = 0; column < columnCount; ++column) {
            for (int64_t row = 0; row < rowCount; ++row) {
              c[i + row + (j + column) * pitch] += panels->tile[row + column * kernel.rows];
            }
          }
        }
      }
    }
  }
}

}  // namespace gdws
