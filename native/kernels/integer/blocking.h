#pragma once

#include <cstdint>
#include <functional>

namespace gdws {

/// How rows and vectors are divided among micro-kernels that hold their sums in registers.
struct IntegerBlock {
  int64_t rows = 1, vectors = 1;  ///< of the largest micro-kernel
  double cycles = 0;              ///< estimated, of a step of depth over the whole product
};

/// Estimated cycles of a micro-kernel's call.
struct MicroCosts {
  double multiplyAdd = 0.5;  ///< of a vector
  double call = 30;
  double row = 4.5, vector = 2;  ///< to write a row, and each of its vectors
};

/// The micro-kernels for so many rows and vectors whose estimate is lowest, of those that exist for (rows, vectors).
IntegerBlock chooseIntegerBlock(const std::function<bool(int64_t, int64_t)>& exists, int64_t rows, int64_t vectors,
                                int64_t depth, const MicroCosts& costs);

/// Estimated cycles of arithmetic that reads so many bytes of packed weights from memory meanwhile.
double cyclesWithWeights(double arithmetic, double bytes);

}  // namespace gdws
