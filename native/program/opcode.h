#pragma once

#include <cstdint>

namespace gdws {

/// The operations a program may hold. docs/architecture.md gives inputs, outputs and attributes of each.
/// The addon exports this list by name; nothing else numbers the operations.
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
  X(cumulativeSum)

enum class Opcode : int32_t {
#define GDWS_OPCODE_MEMBER(name) name,
  GDWS_OPCODES(GDWS_OPCODE_MEMBER)
#undef GDWS_OPCODE_MEMBER
};

#define GDWS_COUNT_ONE(name) +1
inline constexpr int32_t opcodeCount = 0 GDWS_OPCODES(GDWS_COUNT_ONE);

}  // namespace gdws
