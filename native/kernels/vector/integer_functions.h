#pragma once

#include <cstdint>

namespace gdws {

/// What becomes of sums of products, with a scale for each channel; docs/architecture.md has the steps. Bytes are
/// numbers without sign here: those of an int8 are flipped by 0x80, and its zero point is greater by 128.
struct IntegerResult {
  enum class Form { sums, floats, bytes } form = Form::sums;
  float most = 0;  ///< less the zero point
  int32_t zeroPoint = 0, leastByte = 0;
  uint8_t flip = 0;
  bool hasResidual = false, sumsBytes = false;
  float innerLeast = 0, innerMost = 0, sumScale = 1, residualScale = 0;
  int32_t residualZeroPoint = 0;
  uint8_t residualFlip = 0;
};

/// Where rows of results go, a row a channel.
struct IntegerRows {
  const IntegerResult* how;
  const float* scale;       ///< one for each row
  const uint8_t* residual;  ///< null, or laid out as y
  void* y;
  int64_t pitch;  ///< elements from a row to the next
};

/// A product's columns are words of 32 bits: for each pixel, `depthPerWord` steps of the depth, as bytes from
/// `leastByte` on or as int16. Words of weights have int8 or int16 likewise.

/// A micro-kernel's task: Rows channels by Vectors vectors of pixels.
struct IntegerTile {
  const int32_t* columns;
  const int32_t* offsets;  ///< of each step, from `columns`
  int64_t depth;           ///< in words
  const int32_t* rows;     ///< weights, (depth, Rows)
  const int32_t* bias;     ///< one for each row
  int64_t count;           ///< pixels to be written
  IntegerRows result;
};

/// The same with vectors along channels: Rows pixels by Vectors vectors of channels.
struct IntegerChannelTile {
  const int32_t* columns;  ///< consecutive pixels
  const int32_t* offsets;
  int64_t depth;
  const int32_t* weights;  ///< (depth, Vectors, lanes)
  const int32_t* bias;     ///< one for each channel
  int32_t* sums;
  int64_t sumsPitch;  ///< from a pixel to the next
};

/// Depthwise kernels whose results are the next word of a panel: `depthPerWord` of them.
struct IntegerDepthwiseTask {
  static constexpr int maxKernels = 4;
  const int32_t* columns[maxKernels];  ///< words of taps, of each kernel's channel
  const int32_t* offsets;              ///< of each tap's word
  int64_t taps;                        ///< words of a kernel
  const int32_t* weights;              ///< (kernel, tap)
  int32_t bias[maxKernels];
  float scale[maxKernels];
  float most;  ///< less the zero point
  int32_t zeroPoint, least;
  int64_t vectors;
  int32_t* panel;
};

/// Consecutive bytes as words of each byte and its next ones.
struct IntegerRunTask {
  const uint8_t* from;  ///< `count` bytes; nothing beyond them is read
  int64_t count;
  int64_t first;  ///< of word 0: its first byte is at from + first, where that is one of them
  uint8_t flip;
  const int32_t* masks;   ///< 0 in the bytes of each word that are padding
  int32_t zeros;          ///< a word of padding
  int64_t before, after;  ///< words of padding before and after
  uint8_t* bytes;         ///< scratch for `count` bytes, with a vector and `first` more before and after
  int32_t* words;
};

/// Products of bytes. Loads of words and of bytes in scratch memory may go a vector beyond what is asked for, and so
/// may stores of words; y and residuals are never exceeded.
struct IntegerFunctions {
  static constexpr int maxRows = 16, maxVectors = 4;

  int lanes;         ///< words in a vector
  int depthPerWord;  ///< 4 or 2
  int leastByte;     ///< of the bytes in columns: -128 where they have a sign as weights do, else 0
  /// By rows and vectors; null where the sums do not fit the registers.
  void (*micro[maxRows + 1][maxVectors + 1])(const IntegerTile& tile);
  void (*channelMicro[maxRows + 1][maxVectors + 1])(const IntegerChannelTile& tile);
  /// One row of any number of pixels, where few steps make a micro-kernel's call long.
  void (*line)(const IntegerTile& tile);
  /// Writes `count` sums of one row.
  void (*finish)(const int32_t* sums, int64_t count, const IntegerRows& rows);
  /// Word i is made of byte i of each source, flipped, `depthPerWord` of them.
  void (*interleave)(const uint8_t* const* sources, int64_t count, uint8_t flip, int32_t* words);
  /// The same; reads nothing beyond the sources.
  void (*interleaveExactly)(const uint8_t* const* sources, int64_t count, uint8_t flip, int32_t* words);
  void (*run)(const IntegerRunTask& task);
  /// Word i is made of bytes 2·i, 2·i + 1, …
  void (*everySecond)(const uint8_t* from, int64_t count, int32_t* words);
  /// Words 0, stride, 2·stride, …
  void (*copy)(const int32_t* from, int64_t stride, int64_t count, int32_t* to);
  void (*depthwise)(const IntegerDepthwiseTask& task);
  /// Only products of bytes in registers, as the peak for benchmarks. Returns how many vectors of words were multiplied.
  int64_t (*multiplyAdds)(int64_t rounds, int32_t* result);
};

}  // namespace gdws
