// Kernels of products of bytes, on the vectors of integer_lanes.h.
#pragma once

#include "kernels/vector/integer_functions.h"
#include "kernels/vector/integer_lanes.h"

namespace gdws {
namespace GDWS_ISA {

template <int Vectors, bool HasResidual>
GDWS_INLINE void writeBytes(const Words* sums, const IntegerResult& how, float scale, const uint8_t* residual,
                            uint8_t* y, int64_t count) {
  Words rounded[Vectors];
  const Floats factor = broadcast(scale), most = broadcast(how.most);
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) {
    Floats t = toFloats(sums[v]) * factor;
    if (HasResidual) {
      if (how.sumsBytes) t = toFloats(roundWithin(t, broadcast(how.innerLeast), broadcast(how.innerMost)));
      const int64_t left = count - v * lanes;
      const uint8_t* from = residual + v * lanes;
      const Words bytes = left >= lanes ? widen(from) : left > 0 ? widenFirst(from, left) : Words{};
      const Words number = (bytes ^ how.residualFlip) - how.residualZeroPoint;
      const Floats scaled = t * how.sumScale;
      const Floats added = toFloats(number) * how.residualScale;
      t = scaled + added;
    }
    rounded[v] = roundBelow(t, most);
  }
  storeBytes<Vectors>(rounded, y, count, {how.zeroPoint, how.leastByte, how.flip});
}

template <int Vectors, class Element, class Vector>
GDWS_INLINE void storeAll(const Vector* v, Element* to, int64_t count) {
#pragma GCC unroll 4
  for (int i = 0; i < Vectors; ++i) {
    const int64_t left = count - i * lanes;
    if (left >= lanes) {
      store(to + i * lanes, v[i]);
    } else if (left > 0) {
      storeFirst(to + i * lanes, v[i], left);
    }
  }
}

/// Writes a row of sums, from memory.
template <int Vectors>
__attribute__((noinline)) void writeRow(const int32_t* sums, const IntegerRows& rows, int64_t row, int64_t at,
                                        int64_t count) {
  Words v[Vectors];
#pragma GCC unroll 4
  for (int i = 0; i < Vectors; ++i) v[i] = load(sums + i * lanes);
  const int64_t to = row * rows.pitch + at;
  const IntegerResult& how = *rows.how;
  if (how.form == IntegerResult::Form::sums) {
    storeAll<Vectors>(v, static_cast<int32_t*>(rows.y) + to, count);
  } else if (how.form == IntegerResult::Form::floats) {
    Floats scaled[Vectors];
    for (int i = 0; i < Vectors; ++i) scaled[i] = toFloats(v[i]) * rows.scale[row];
    storeAll<Vectors>(scaled, static_cast<float*>(rows.y) + to, count);
  } else if (how.hasResidual) {
    writeBytes<Vectors, true>(v, how, rows.scale[row], rows.residual + to, static_cast<uint8_t*>(rows.y) + to, count);
  } else {
    writeBytes<Vectors, false>(v, how, rows.scale[row], nullptr, static_cast<uint8_t*>(rows.y) + to, count);
  }
}

template <int Rows, int Vectors>
void multiply(const IntegerTile& tile) {
  Words sum[Rows][Vectors];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) {
    const Words bias = broadcast(tile.bias[i]);
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) sum[i][v] = bias;
  }
  const int32_t* weights = tile.rows;
  const int32_t* const columns = tile.columns;
  const int32_t* const end = tile.offsets + tile.depth;
#pragma GCC unroll 1
  for (const int32_t* offset = tile.offsets; offset != end; ++offset, weights += Rows) {
    const int32_t* from = columns + *offset;
    Words column[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) column[v] = load(from + v * lanes);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      const Words weight = broadcast(weights[i]);
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[i][v] = dot(sum[i][v], column[v], weight);
    }
  }
  const IntegerResult& how = *tile.result.how;
  if (how.form == IntegerResult::Form::bytes && !how.hasResidual) {
    uint8_t* y = static_cast<uint8_t*>(tile.result.y);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      writeBytes<Vectors, false>(sum[i], how, tile.result.scale[i], nullptr, y + i * tile.result.pitch, tile.count);
    }
    return;
  }
  alignas(GDWS_VECTOR_BYTES) int32_t sums[Rows * Vectors * lanes];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) store(sums + (i * Vectors + v) * lanes, sum[i][v]);
  }
  for (int i = 0; i < Rows; ++i) writeRow<Vectors>(sums + i * Vectors * lanes, tile.result, i, 0, tile.count);
}

template <int Rows, int Vectors>
void multiplyChannels(const IntegerChannelTile& tile) {
  Words sum[Rows][Vectors];
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) {
    const Words bias = load(tile.bias + v * lanes);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) sum[i][v] = bias;
  }
  const int32_t* weights = tile.weights;
  const int32_t* const columns = tile.columns;
  const int32_t* const end = tile.offsets + tile.depth;
#pragma GCC unroll 1
  for (const int32_t* offset = tile.offsets; offset != end; ++offset, weights += Vectors * lanes) {
    const int32_t* from = columns + *offset;
    Words weight[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) weight[v] = load(weights + v * lanes);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      const Words column = broadcast(from[i]);
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[i][v] = dot(sum[i][v], column, weight[v]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) store(tile.sums + i * tile.sumsPitch + v * lanes, sum[i][v]);
  }
}

inline void finish(const int32_t* sums, int64_t count, const IntegerRows& rows) {
  constexpr int64_t most = IntegerFunctions::maxVectors * lanes;
  for (int64_t at = 0; at < count; at += most) {
    writeRow<IntegerFunctions::maxVectors>(sums + at, rows, 0, at, count - at);
  }
}

template <bool IsExact>
GDWS_INLINE void interleaveWords(const uint8_t* const* sources, int64_t count, uint8_t flip, int32_t* words) {
  constexpr int bits = 32 / depthPerWord;
  const Words flips = broadcast(static_cast<int32_t>(flip * (depthPerWord == 4 ? 0x01010101u : 0x00010001u)));
  const uint8_t* from[depthPerWord];
  for (int j = 0; j < depthPerWord; ++j) from[j] = sources[j];
  int64_t i = 0;
  for (; i < (IsExact ? count - lanes + 1 : count); i += lanes) {
    Words word = widen(from[0] + i) ^ flips;
#pragma GCC unroll 4
    for (int j = 1; j < depthPerWord; ++j) word ^= widen(from[j] + i) << (bits * j);
    store(words + i, word);
  }
  if (!IsExact || i >= count) return;
  Words word = widenFirst(from[0] + i, count - i) ^ flips;
  for (int j = 1; j < depthPerWord; ++j) word ^= widenFirst(from[j] + i, count - i) << (bits * j);
  store(words + i, word);
}

inline void interleave(const uint8_t* const* sources, int64_t count, uint8_t flip, int32_t* words) {
  interleaveWords<false>(sources, count, flip, words);
}

inline void interleaveExactly(const uint8_t* const* sources, int64_t count, uint8_t flip, int32_t* words) {
  interleaveWords<true>(sources, count, flip, words);
}

inline void copyWords(const int32_t* from, int64_t count, int32_t* to) {
  for (int64_t i = 0; i < count; i += lanes) store(to + i, load(from + i));
}

/// Taps: words of a kernel, 0 where any number.
template <int Taps>
GDWS_INLINE void depthwiseOf(const IntegerDepthwiseTask& task) {
  const int64_t taps = Taps > 0 ? Taps : task.taps;
  const Floats most = broadcast(task.most);
  const int32_t* columns[depthPerWord];
  for (int j = 0; j < depthPerWord; ++j) columns[j] = task.columns[j];
  for (int64_t v = 0; v < task.vectors; ++v) {
    Words rounded[depthPerWord];
#pragma GCC unroll 4
    for (int j = 0; j < depthPerWord; ++j) {
      Words sum = broadcast(task.bias[j]);
      const int32_t* from = columns[j] + v * lanes;
#pragma GCC unroll 3
      for (int64_t t = 0; t < taps; ++t) {
        sum = dot(sum, load(from + task.offsets[t]), broadcast(task.weights[j * taps + t]));
      }
      rounded[j] = roundBelow(toFloats(sum) * task.scale[j], most);
    }
    store(task.panel + v * lanes, panelWords(rounded, task.zeroPoint, task.least));
  }
}

inline void depthwise(const IntegerDepthwiseTask& task) {
  if (task.taps == 3) return depthwiseOf<3>(task);
  depthwiseOf<0>(task);
}

/// Whether a micro-kernel's sums fit the registers, with a row of vectors, a broadcast and, where products are added by
/// another instruction, a product.
constexpr bool fitsRegisters(int rows, int vectors) {
  return rows * vectors + vectors + (GDWS_BYTE_PRODUCTS ? 1 : 2) <= registers;
}

template <int Rows, int Vectors>
constexpr void addMicro(IntegerFunctions& functions) {
  if constexpr (fitsRegisters(Rows, Vectors)) {
    functions.micro[Rows][Vectors] = multiply<Rows, Vectors>;
    functions.channelMicro[Rows][Vectors] = multiplyChannels<Rows, Vectors>;
  }
  if constexpr (Vectors < IntegerFunctions::maxVectors) {
    addMicro<Rows, Vectors + 1>(functions);
  } else if constexpr (Rows < IntegerFunctions::maxRows) {
    addMicro<Rows + 1, 1>(functions);
  }
}

constexpr IntegerFunctions makeIntegerFunctions() {
  IntegerFunctions functions{};
  functions.lanes = lanes;
  functions.depthPerWord = depthPerWord;
  addMicro<1, 1>(functions);
  functions.finish = finish;
  functions.interleave = interleave;
  functions.interleaveExactly = interleaveExactly;
  functions.copy = copyWords;
  functions.depthwise = depthwise;
  return functions;
}

}  // namespace GDWS_ISA
}  // namespace gdws
