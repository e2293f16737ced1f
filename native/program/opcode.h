// Made from src/program/schema.ts by `npm run generate:program`.
#pragma once

#include <cstdint>

namespace gdws {

/// The operations a program may hold. docs/architecture.md gives inputs, outputs and attributes of each.
enum class Opcode : int32_t {
  convolution,
  gdws,
  convolutionTranspose,
  matmul,
  maxPool,
  averagePool,
  unary,
  binary,
  scaleShift,
  normalize,
  localResponse,
  reduce,
  argReduce,
  softmax,
  concat,
  strided,
  pad,
  gather,
  interpolate,
  alias,
  cast,
  select,
  compare,
  maxPoolGradient,
  maxPoolIndices,
  maxUnpool,
  gridSample,
  roiAlign,
  gatherElements,
  gatherND,
  scatterElements,
  scatterND,
  topK,
  cumulativeSum,
  quantize,
  dequantize,
  dynamicQuantize,
  integerConvolution,
  integerGdws,
  integerMatmul,
  integerBinary,
  integerAveragePool,
  table,
  recurrent,
};

inline constexpr int32_t opcodeCount = 44;

#define GDWS_OPCODES(X)   \
  X(convolution)          \
  X(gdws)                 \
  X(convolutionTranspose) \
  X(matmul)               \
  X(maxPool)              \
  X(averagePool)          \
  X(unary)                \
  X(binary)               \
  X(scaleShift)           \
  X(normalize)            \
  X(localResponse)        \
  X(reduce)               \
  X(argReduce)            \
  X(softmax)              \
  X(concat)               \
  X(strided)              \
  X(pad)                  \
  X(gather)               \
  X(interpolate)          \
  X(alias)                \
  X(cast)                 \
  X(select)               \
  X(compare)              \
  X(maxPoolGradient)      \
  X(maxPoolIndices)       \
  X(maxUnpool)            \
  X(gridSample)           \
  X(roiAlign)             \
  X(gatherElements)       \
  X(gatherND)             \
  X(scatterElements)      \
  X(scatterND)            \
  X(topK)                 \
  X(cumulativeSum)        \
  X(quantize)             \
  X(dequantize)           \
  X(dynamicQuantize)      \
  X(integerConvolution)   \
  X(integerGdws)          \
  X(integerMatmul)        \
  X(integerBinary)        \
  X(integerAveragePool)   \
  X(table)                \
  X(recurrent)

}  // namespace gdws
