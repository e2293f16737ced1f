#pragma once

#include <cstdint>

namespace gdws {

/// Words of two 16-bit numbers, those of a channel and the next, which one instruction multiplies by two weights and
/// adds up.

/// Rows of bytes of two channels as words. Numbers without sign are flipped, so that they are less by 128.
struct IntegerPairsTask {
  const uint8_t *first, *second;  ///< of the first row of each channel; may be read up to a vector beyond the last byte
  int64_t fromPitch;              ///< from a row to the next
  int64_t rows, count;
  uint8_t flip;
  int32_t zeros;          ///< a word of padding
  int64_t before, after;  ///< words of padding around each row
  int32_t* words;         ///< rows of before + count + after words; a vector spills
  int64_t pitch;
};

/// A micro-kernel's task: sums[i][v] = Σ_d rows[d][i]·columns[d][v], Rows words by Vectors vectors.
struct IntegerPairTile {
  const int32_t* rows;
  int64_t rowsPitch;  ///< from a step of the depth to the next
  const int32_t* columns;
  int64_t columnsPitch;
  int64_t depth;
  int32_t* sums;
  int64_t sumsPitch;     ///< from a row to the next
  const int32_t* ahead;  ///< what will be read from memory soon, to be prefetched
  int64_t aheadPitch;    ///< with each step of the depth
};

/// Vectors of words: element (i, j) of a matrix is at source + (i·edge + j)·sourcePitch, and likewise of the result.
struct IntegerWinogradTask {
  const int32_t* source;
  int64_t sourcePitch;
  int32_t* result;
  int64_t resultPitch;
  int64_t vectors;
  const int32_t* bias;  ///< of sums: a vector for each vector, at biasPitch
  int64_t biasPitch;
};

/// The transforms of a Winograd convolution in whole numbers (docs/architecture.md), for output tiles of m × m and
/// kernels of 3 × 3.
struct IntegerWinogradTransforms {
  /// Bᵀ·d·B of patches d, (m + 2) × (m + 2) words of 16-bit numbers.
  void (*input)(const IntegerWinogradTask& task);
  /// Aᵀ·D·y·D·A of sums y, (m + 2) × (m + 2) to m × m, divided by what D and the weights' scales multiply, + bias.
  void (*output)(const IntegerWinogradTask& task);
};

struct IntegerWinogradFunctions {
  static constexpr int maxRows = 16, maxVectors = 4;

  void (*pairs)(const IntegerPairsTask& task);
  /// By rows and vectors; null where the sums do not fit the registers.
  void (*micro[maxRows + 1][maxVectors + 1])(const IntegerPairTile& tile);
  /// What a product of words of pairs takes longer than one of the words of IntegerFunctions.
  double cost;
  IntegerWinogradTransforms transforms[2];  ///< for output tiles of 2 × 2 and 4 × 4
};

}  // namespace gdws
