#include "kernels/integer/blocking.h"

#include <algorithm>

#include "kernels/product/split.h"
#include "kernels/vector/integer_functions.h"

namespace gdws {

namespace {

/// Estimated cycles of a step of depth in a micro-kernel.
double microCycles(int64_t rows, int64_t vectors, double depth, const MicroCosts& costs) {
  constexpr double latency = 5;
  const auto r = static_cast<double>(rows), v = static_cast<double>(vectors);
  const double loads = 0.3 * v + 0.05 * r;
  const double result = r * (costs.row + costs.vector * v);
  return std::max({latency, r * v * costs.multiplyAdd + loads, 0.55 * (r + v)}) + (costs.call + result) / depth;
}

}  // namespace

IntegerBlock chooseIntegerBlock(const std::function<bool(int64_t, int64_t)>& exists, int64_t rows, int64_t vectors,
                                int64_t depth, const MicroCosts& costs) {
  IntegerBlock best;
  for (int64_t r = 1; r <= std::min<int64_t>(rows, IntegerFunctions::maxRows); ++r) {
    for (int64_t v = 1; v <= std::min<int64_t>(vectors, IntegerFunctions::maxVectors); ++v) {
      if (!exists(r, v)) continue;
      const Split rowParts = Split::atMost(rows, r), vectorParts = Split::atMost(vectors, v);
      if (rowParts.largest() != r || vectorParts.largest() != v) continue;
      double cycles = 0;
      for (const int64_t row : {int64_t{0}, int64_t{1}}) {
        for (const int64_t vector : {int64_t{0}, int64_t{1}}) {
          const int64_t larger = rows % rowParts.parts, wider = vectors % vectorParts.parts;
          const int64_t count =
              (row == 0 ? larger : rowParts.parts - larger) * (vector == 0 ? wider : vectorParts.parts - wider);
          cycles += static_cast<double>(count) * microCycles(rows / rowParts.parts + (row == 0),
                                                             vectors / vectorParts.parts + (vector == 0),
                                                             static_cast<double>(depth), costs);
        }
      }
      if (best.cycles == 0 || cycles <= best.cycles) best = {r, v, cycles};
    }
  }
  return best;
}

double cyclesWithWeights(double arithmetic, double bytes) {
  constexpr double bytesPerCycle = 6, seen = 0.25;
  const double reading = bytes / bytesPerCycle;
  return std::max(arithmetic, reading) + seen * std::min(arithmetic, reading);
}

}  // namespace gdws
