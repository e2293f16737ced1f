#pragma once

#include <stdint.h>

#include "program/functions.h"

namespace gdws {

/// Numbers of uint8 or int8 as they are made: round half to even, plus `zeroPoint`, limited to least..most. All are
/// counted from the least number of the type, so that they lie in 0..255; `flip` gives the type's bits then.
struct ByteResult {
  int32_t zeroPoint;
  int32_t least;
  int32_t most;
  uint8_t flip;  ///< 0 for uint8, 128 for int8
};

/// What integerBinary does with rows, a's and b's own.
struct ByteOperand {
  int32_t zeroPoint;
  float scale;
};

/// The taps of a row of means. Those of element i are the products with its column's.
struct MeanTaps {
  int32_t zeroPoint;       ///< of x
  int32_t rows;            ///< inside the map
  int32_t countedRows;     ///< of the divisor, at least 1
  const int32_t* inside;   ///< columns inside the map
  const int32_t* counted;  ///< columns of the divisor, at least 1
};

inline constexpr int64_t byteOverrun = 32;

/// Functions on rows of bytes, each of `count` elements. Where there are two forms, 0 is for uint8 and 1 for int8. Rows
/// do not overlap, unless it says so.
struct ByteFunctions {
  using Binary = void (*)(const void* a, const void* b, uint8_t* y, int64_t count, ByteOperand left, ByteOperand right,
                          ByteResult result);

  /// y = x / scale, of the whole range of the type.
  void (*quantize)(const float* x, uint8_t* y, int64_t count, float scale, ByteResult result);
  /// With scales and zero points that are rows, too.
  void (*quantizeRows[2])(const float* x, const float* scale, const void* zeroPoint, void* y, int64_t count);
  /// y = (x - zeroPoint)·scale.
  void (*dequantize[2])(const void* x, float* y, int64_t count, float scale, int32_t zeroPoint);
  void (*dequantizeRows[2])(const void* x, const float* scale, const void* zeroPoint, float* y, int64_t count);
  /// y = x·scale.
  void (*dequantizeInts)(const int32_t* x, float* y, int64_t count, float scale);
  /// The least and the most of 0 and the row, without NaN.
  void (*limits)(const float* x, int64_t count, float* least, float* most);
  /// integerBinary of two rows, by the types of a and b; scales are at most largestByteScale. y may be a.
  Binary binary[integerBinaryFunctionCount][2][2];
  /// Of a row a and a number b.
  Binary binaryScalar[integerBinaryFunctionCount][2];
  /// y[i] = the largest of the `rows` elements x[i + r·step].
  void (*maxRows[2])(const void* x, int64_t step, int64_t rows, void* y, int64_t count);
  /// y[i] = the largest of the `kernel` elements x[i·stride + k·dilation]. Reads up to byteOverrun bytes beyond them.
  void (*maxWindows[2])(const void* x, void* y, int64_t count, int64_t kernel, int64_t stride, int64_t dilation);
  /// The sum of a row.
  int64_t (*sum[2])(const void* x, int64_t count);
  /// y[i] = the sum of the `rows` elements x[i + r·step].
  void (*sumRows[2])(const void* x, int64_t step, int64_t rows, int32_t* y, int64_t count);
  /// y[i] = the sum of the `kernel` elements x[i·stride + k·dilation].
  void (*sumWindows)(const int32_t* x, int32_t* y, int64_t count, int64_t kernel, int64_t stride, int64_t dilation);
  /// integerAveragePool's results.
  void (*averages)(const int32_t* sums, const MeanTaps& taps, uint8_t* y, int64_t count, float scale,
                   ByteResult result);
  /// y = table[x]. y may be x.
  void (*table)(const uint8_t* x, const uint8_t* table, uint8_t* y, int64_t count);
};

/// With larger ones, sums may not be rounded by the fast way, which needs numbers below 2^22.
inline constexpr float largestByteScale = 16;

}  // namespace gdws
