#include "kernels/product/blocking.h"

#include "kernels/product/rounding.h"

namespace gdws {

namespace {

/// Cycles to store a vector of sums in the second-level cache and to load it again, between depth blocks.
constexpr double cyclesPerSum = 5;

/// Cycles of one step of depth in a micro-kernel, on a core that starts two multiply-adds and two loads a cycle and
/// waits four cycles for a sum: rows·vectors multiply-adds, a load for each row and each vector, and a share of the
/// time in which each sum is stored and loaded again.
double microCycles(int64_t rows, int64_t vectors, double sumCycles) {
  const auto multiplications = static_cast<double>(rows * vectors);
  const auto loads = static_cast<double>(rows + vectors);
  constexpr double latency = 4;
  // The rest of the loop's instructions: they cost a little even where loads and arithmetic hide them.
  constexpr double overhead = 0.5;
  return std::max({multiplications / 2, loads / 2, latency}) + overhead + sumCycles * multiplications;
}

double cycles(const Split& rows, const Split& vectors, int64_t together, double sumCycles) {
  double sum = 0;
  const int64_t largeRows = rows.total % rows.parts, largeVectors = vectors.total % vectors.parts;
  for (const bool moreRows : {false, true}) {
    for (const bool moreVectors : {false, true}) {
      const int64_t count =
          (moreRows ? largeRows : rows.parts - largeRows) * (moreVectors ? largeVectors : vectors.parts - largeVectors);
      if (count == 0) continue;
      sum +=
          static_cast<double>(count) * microCycles(rows.total / rows.parts + moreRows,
                                                   together * (vectors.total / vectors.parts + moreVectors), sumCycles);
    }
  }
  return sum;
}

/// Whether a kernel exists for every part.
bool exists(const VectorTable& table, const Split& rows, const Split& vectors, int64_t together) {
  for (int64_t r = rows.total / rows.parts; r <= rows.largest(); ++r) {
    for (int64_t v = vectors.total / vectors.parts; v <= vectors.largest(); ++v) {
      if (table.product.micro[r][together * v] == nullptr) return false;
    }
  }
  return true;
}

}  // namespace

int64_t depthBlock(int64_t depth, int64_t columns) {
  constexpr int64_t cachedFloats = 7 * 1024;
  const int64_t max = std::clamp<int64_t>(cachedFloats / columns, 64, 256);
  const int64_t blocks = std::max<int64_t>(1, quotientUp(depth, max));
  return quotientUp(depth, blocks);
}

Blocking chooseBlocking(const VectorTable& table, int64_t rowCount, int64_t vectorCount, int64_t depth,
                        int64_t together) {
  Blocking best;
  for (int64_t r = 1; r <= ProductFunctions::maxRows; ++r) {
    for (int64_t v = 1; v * together <= ProductFunctions::maxVectors; ++v) {
      const Split rows = Split::atMost(rowCount, r), vectors = Split::atMost(vectorCount, v);
      if (!exists(table, rows, vectors, together)) continue;
      const int64_t block = std::max<int64_t>(1, depthBlock(depth, together * vectors.largest() * table.lanes));
      const double estimate = cycles(rows, vectors, together, cyclesPerSum / static_cast<double>(block));
      if (best.cyclesPerDepth == 0 || estimate < best.cyclesPerDepth) best = {rows, vectors, estimate};
    }
  }
  return best;
}

}  // namespace gdws
