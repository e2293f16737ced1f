#pragma once

#include <cstdint>

#include "kernels/vector/integer_winograd_functions.h"

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

/// Where the bytes of a vector's words are, in padded maps (IntegerPaddingTask): word l of vector v has the bytes
/// `patterns[v % patternCount][l]` from `at[v]` on, which all are less than `reach`, 32 or 64.
struct IntegerPatterns {
  static constexpr int bytes = 64, fewBytes = 32;
  int reach;
  const uint8_t* patterns;  ///< (patternCount, 64)
  int64_t patternCount;
  const int32_t* at;
};

/// A micro-kernel's task by matrix registers, which multiply 16 channels by 16 pixels for up to 16 words of depth:
/// 16·Rows channels by Vectors vectors of 16 pixels. The words of depth are parted in chunks of equal size, in each of
/// which the columns of a step are at the same distance from those of the next.
struct IntegerMatrixTask {
  static constexpr int rows = 16;
  const int32_t* columns;
  const int32_t* starts;   ///< of each chunk's first step, from `columns`
  int64_t pitch;           ///< from a step to the next
  int64_t chunks, steps;   ///< steps of each chunk
  const int32_t* weights;  ///< (chunk, Rows, 16, steps)
  int32_t* sums;           ///< (16·Rows, 16·Vectors)
};

/// Products by matrix registers.
struct IntegerMatrixFunctions {
  static constexpr int maxSums = 4;
  /// Prepares the registers of the calling thread for chunks of so many steps; to be released soon, as a thread with
  /// such registers is slower to switch.
  void (*configure)(int64_t steps);
  void (*release)();
  /// By Rows and Vectors, whose product is at most maxSums; null where there is none.
  void (*multiply[maxSums + 1][maxSums + 1])(const IntegerMatrixTask& task);
};

/// Depthwise kernels whose results are the next word of a panel: `depthPerWord` of them.
struct IntegerDepthwiseTask {
  static constexpr int maxKernels = 4;
  /// How sums become bytes: by any scale, with any limits; where the numbers fit an int16 and the limits are those of a
  /// type, without limits before they are packed; by one multiply-add, where the scale is also a power of two.
  enum class Rounding { any, bounded, powerOfTwo } rounding;
  const void* columns[maxKernels];  ///< of each kernel's channel: words of taps, or bytes of a padded map
  const int32_t* offsets;           ///< of each tap's word, or byte
  IntegerPatterns patterns;         ///< where columns are bytes
  int64_t taps;                     ///< words of a kernel
  const int32_t* weights;           ///< (kernel, tap)
  int32_t bias[maxKernels];
  float scale[maxKernels];
  float most;  ///< less the zero point
  int32_t zeroPoint, least;
  int64_t vectors;
  int32_t* panel;
};

/// Rows of bytes that are laid out with their padding.
struct IntegerPaddingTask {
  const uint8_t* from;  ///< of the first row
  int64_t fromPitch;    ///< from a row to the next
  int64_t rows;
  int64_t first;  ///< byte 0 of a padded row is byte `first` of its row; it may be outside
  int64_t width;  ///< of a row; nothing outside is read
  uint8_t flip, zero;
  uint8_t* to;
  int64_t length;   ///< of a padded row
  int64_t toPitch;  ///< from a padded row to the next
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

/// Words of taps that are taken from a padded map.
struct IntegerExpansionTask {
  const uint8_t* from;
  const int32_t* offsets;  ///< of each tap's byte
  int64_t taps;            ///< words of a kernel
  IntegerPatterns patterns;
  int64_t vectors;
  int32_t* words;
  int64_t pitch;  ///< from the words of a tap to those of the next
};

/// A padded map that is taken from a small one, 64 bytes at a time.
struct IntegerGatherTask {
  /// Where 64 bytes come from.
  struct Source {
    int64_t at;       ///< what is loaded
    uint64_t loaded;  ///< of 64 bytes from there on; nothing else is read
    uint64_t inside;  ///< of the 64 that are made; the others are padding
    uint8_t indices[64];
  };
  const uint8_t* from;
  const Source* sources;
  int64_t count;
  uint8_t flip, zero;
  uint8_t* to;
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
  /// Writes rows of so many vectors of sums, (rows, vectors, lanes), of which the first `pixels` in each count, plus a
  /// bias for each row.
  void (*writeRows[maxVectors + 1])(const int32_t* sums, const int32_t* bias, int64_t count, int64_t pixels,
                                    const IntegerRows& rows);
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
  bool roundsBounded;  ///< whether `depthwise` knows other ways of rounding than `any`
  void (*depthwise)(const IntegerDepthwiseTask& task);
  /// The same, of bytes of padded maps: no words of taps are written to memory. As many bytes as the patterns reach are
  /// read from each tap's first one on. Null, as the next three are, without an instruction that takes any bytes of a
  /// vector.
  void (*depthwiseOfBytes)(const IntegerDepthwiseTask& task);
  void (*expand)(const IntegerExpansionTask& task);
  void (*pad)(const IntegerPaddingTask& task);
  void (*gather)(const IntegerGatherTask& task);
  const IntegerMatrixFunctions* matrices;  ///< null where the processor has no such registers
  IntegerWinogradFunctions winograd;
  /// Only products of bytes in registers, as the peak for benchmarks. Returns how many vectors of words were
  /// multiplied.
  int64_t (*multiplyAdds)(int64_t rounds, int32_t* result);
};

}  // namespace gdws
