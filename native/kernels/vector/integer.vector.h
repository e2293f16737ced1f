// Kernels of products of bytes, on the vectors of integer_lanes.h.
#pragma once

#include "kernels/vector/integer_functions.h"
#include "kernels/vector/integer_lanes.h"
#include "kernels/vector/integer_winograd.vector.h"

namespace gdws {
namespace GDWS_ISA {

template <int Vectors>
GDWS_INLINE void writeBytes(const Words* sums, float scale, Floats most, const ByteFormat& format, uint8_t* y,
                            int64_t count) {
  Words rounded[Vectors];
  const Floats factor = broadcast(scale);
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) rounded[v] = roundBelow(toFloats(sums[v]) * factor, most);
  storeBytes<Vectors>(rounded, y, count, format);
}

GDWS_INLINE ByteFormat formatOf(const IntegerResult& how) { return {how.zeroPoint, how.leastByte, how.flip}; }

/// What belongs to a residual, in vectors.
struct Addition {
  Floats most, innerLeast, innerMost, sumScale, residualScale;
  Words flip, zeroPoint;
  ByteFormat format;
  bool sumsBytes;

  explicit Addition(const IntegerResult& how)
      : most(broadcast(how.most)),
        innerLeast(broadcast(how.innerLeast)),
        innerMost(broadcast(how.innerMost)),
        sumScale(broadcast(how.sumScale)),
        residualScale(broadcast(how.residualScale)),
        flip(broadcast(int32_t{how.residualFlip})),
        zeroPoint(broadcast(how.residualZeroPoint)),
        format(formatOf(how)),
        sumsBytes(how.sumsBytes) {}
};

template <int Vectors>
GDWS_INLINE void addResidual(const Words* sums, float scale, const Addition& addition, const uint8_t* residual,
                             uint8_t* y, int64_t count) {
  Words rounded[Vectors];
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) {
    Floats t = toFloats(sums[v]) * scale;
    if (addition.sumsBytes) t = toFloats(roundWithin(t, addition.innerLeast, addition.innerMost));
    const int64_t left = count - v * lanes;
    const uint8_t* from = residual + v * lanes;
    const Words bytes = left >= lanes ? widen(from) : left > 0 ? widenFirst(from, left) : Words{};
    const Words number = (bytes ^ addition.flip) - addition.zeroPoint;
    const Floats scaled = t * addition.sumScale;
    const Floats added = toFloats(number) * addition.residualScale;
    rounded[v] = roundBelow(scaled + added, addition.most);
  }
  storeBytes<Vectors>(rounded, y, count, addition.format);
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
    addResidual<Vectors>(v, rows.scale[row], Addition(how), rows.residual + to, static_cast<uint8_t*>(rows.y) + to,
                         count);
  } else {
    writeBytes<Vectors>(v, rows.scale[row], broadcast(how.most), formatOf(how), static_cast<uint8_t*>(rows.y) + to,
                        count);
  }
}

/// Adds a bias, which may be null, to rows of sums, and writes them.
template <int Vectors>
__attribute__((noinline)) void writeRows(const int32_t* sums, const int32_t* bias, int64_t count, int64_t pixels,
                                         const IntegerRows& given) {
  const IntegerRows rows = given;  // which stores of bytes cannot change
  const IntegerResult& how = *rows.how;
  const bool isBytes = how.form == IntegerResult::Form::bytes;
  const ByteFormat format = formatOf(how);
  const Addition addition(how);
  const Floats most = broadcast(how.most);
  auto* const y = static_cast<uint8_t*>(rows.y);
  for (int64_t i = 0; i < count; ++i, sums += Vectors * lanes) {
    Words v[Vectors];
    const Words added = broadcast(bias == nullptr ? 0 : bias[i]);
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) v[j] = load(sums + j * lanes) + added;
    const int64_t to = i * rows.pitch;
    if (isBytes && how.hasResidual) {
      addResidual<Vectors>(v, rows.scale[i], addition, rows.residual + to, y + to, pixels);
    } else if (isBytes) {
      writeBytes<Vectors>(v, rows.scale[i], most, format, y + to, pixels);
    } else {
      alignas(GDWS_VECTOR_BYTES) int32_t row[Vectors * lanes];
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) store(row + j * lanes, v[j]);
      writeRow<Vectors>(row, rows, i, 0, pixels);
    }
  }
}

/// How many words ahead of their use weights are prefetched.
inline constexpr int64_t weightsAhead = 1024;

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
    __builtin_prefetch(weights + weightsAhead);
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) column[v] = load(from + v * lanes);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      const Words weight = vectorWith(weights, i);
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[i][v] = dotWeight(sum[i][v], column[v], weight, i);
    }
  }
  const IntegerResult& how = *tile.result.how;
  if (how.form == IntegerResult::Form::bytes && !how.hasResidual) {
    uint8_t* y = static_cast<uint8_t*>(tile.result.y);
    const ByteFormat format = formatOf(how);
    const Floats most = broadcast(how.most);
    const float* const scale = tile.result.scale;
    const int64_t pitch = tile.result.pitch, count = tile.count;
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) writeBytes<Vectors>(sum[i], scale[i], most, format, y + i * pitch, count);
    return;
  }
  alignas(GDWS_VECTOR_BYTES) int32_t sums[Rows * Vectors * lanes];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) store(sums + (i * Vectors + v) * lanes, sum[i][v]);
  }
  writeRows<Vectors>(sums, nullptr, Rows, tile.count, tile.result);
}

/// One row of any number of pixels, for a depth of few steps.
inline void multiplyLine(const IntegerTile& given) {
  const IntegerTile tile = given;  // which stores of bytes cannot change
  constexpr int vectors = IntegerFunctions::maxVectors, width = vectors * lanes;
  const IntegerResult& how = *tile.result.how;
  const bool isPlain = how.form == IntegerResult::Form::bytes && !how.hasResidual;
  const ByteFormat format = formatOf(how);
  const Floats most = broadcast(how.most);
  const float scale = isPlain ? tile.result.scale[0] : 0;
  const Words bias = broadcast(tile.bias[0]);
  const int64_t count = tile.count, depth = tile.depth;
  for (int64_t at = 0; at < count; at += width) {
    const int32_t* const columns = tile.columns + at;
    Words sum[vectors];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) sum[v] = bias;
    for (int64_t d = 0; d < depth; ++d) {
      const int32_t* from = columns + tile.offsets[d];
      const Words weight = broadcast(tile.rows[d]);
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) sum[v] = dot(sum[v], load(from + v * lanes), weight);
    }
    if (isPlain) {
      writeBytes<vectors>(sum, scale, most, format, static_cast<uint8_t*>(tile.result.y) + at, count - at);
      continue;
    }
    alignas(GDWS_VECTOR_BYTES) int32_t sums[width];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) store(sums + v * lanes, sum[v]);
    writeRow<vectors>(sums, tile.result, 0, at, count - at);
  }
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
    for (int v = 0; v < Vectors; ++v) {
      weight[v] = load(weights + v * lanes);
      if (v * lanes % 16 == 0) __builtin_prefetch(weights + v * lanes + weightsAhead);
    }
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      const Words column = vectorWith(from, i);
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[i][v] = dotColumn(sum[i][v], column, weight[v], i);
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
  // A byte of each source is flipped.
  const Words flips = broadcast(static_cast<int32_t>(flip * (depthPerWord == 4 ? 0x01010101u : 0x00010001u)));
  const uint8_t* from[depthPerWord];
  for (int j = 0; j < depthPerWord; ++j) from[j] = sources[j];
  int64_t i = 0;
#if defined(__aarch64__) && GDWS_BYTE_PRODUCTS
  const uint8x16_t flipped = vdupq_n_u8(flip);
  for (; i + 16 <= count; i += 16) {
    uint8x16x4_t bytes;
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) bytes.val[j] = veorq_u8(vld1q_u8(from[j] + i), flipped);
    vst4q_u8(reinterpret_cast<uint8_t*>(words + i), bytes);
  }
#endif
  for (; i < (IsExact ? count - lanes + 1 : count); i += lanes) {
#if GDWS_VECTOR_BYTES == 64 && GDWS_BYTE_PRODUCTS
    store(words + i, interleaved(from[0] + i, from[1] + i, from[2] + i, from[3] + i) ^ flips);
#else
    Words word = widen(from[0] + i) ^ flips;
#pragma GCC unroll 4
    for (int j = 1; j < depthPerWord; ++j) word ^= widen(from[j] + i) << (bits * j);
    store(words + i, word);
#endif
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

/// Words 0, 2, … of two vectors.
GDWS_INLINE Words evenWords(Words a, Words b) {
#if defined(__aarch64__)
  return reinterpret_cast<Words>(vuzp1q_s32(reinterpret_cast<int32x4_t>(a), reinterpret_cast<int32x4_t>(b)));
#elif defined(__clang__) || GDWS_VECTOR_BYTES == 16
  Words even{};
  for (int i = 0; i < lanes / 2; ++i) even[i] = a[2 * i], even[lanes / 2 + i] = b[2 * i];
  return even;
#elif GDWS_VECTOR_BYTES == 64
  return __builtin_shuffle(a, b, Words{0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30});
#else
  return __builtin_shuffle(a, b, Words{0, 2, 4, 6, 8, 10, 12, 14});
#endif
}

inline void copyWords(const int32_t* from, int64_t stride, int64_t count, int32_t* to) {
  if (stride == 1) {
    for (int64_t i = 0; i < count; i += lanes) store(to + i, load(from + i));
  } else if (stride == 2) {
    for (int64_t i = 0; i < count; i += lanes) store(to + i, evenWords(load(from + 2 * i), load(from + 2 * i + lanes)));
  } else {
    for (int64_t i = 0; i < count; ++i) to[i] = from[i * stride];
  }
}

inline void fillWords(int32_t word, int64_t count, int32_t* to) {
  for (int64_t i = 0; i < count; i += lanes) store(to + i, broadcast(word));
}

GDWS_INLINE Words choose(Words mask, Words a, Words b) { return (a & mask) | (b & ~mask); }

inline void run(const IntegerRunTask& given) {
  const IntegerRunTask task = given;  // which stores of words cannot change
  const Words zeros = broadcast(task.zeros);
  fillWords(task.zeros, task.before, task.words);
  int32_t* const words = task.words + task.before;
#if GDWS_VECTOR_BYTES == 64 && GDWS_BYTE_PRODUCTS
  // Bytes that are not there are not loaded.
  const Words flips = broadcast(static_cast<int32_t>(task.flip * 0x01010101u));
  for (int64_t i = 0; i < task.count; i += lanes) {
    const int64_t at = i + task.first;
    const uint8_t* const from = task.from + at;
    Words word;
    if (at >= 0 && at + 32 <= task.count) {
      word = neighbours(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
    } else {
      const int64_t begin = at < 0 ? -at : 0, end = task.count - at < 32 ? task.count - at : 32;
      const uint64_t below = end < 0 ? 0 : (uint64_t{1} << end) - 1;
      const uint64_t from32 = begin < 32 ? ~uint64_t{0} << begin : 0;
      word = neighbours(_mm256_maskz_loadu_epi8(static_cast<uint32_t>(below & from32), from));
    }
    store(words + i, choose(load(task.masks + i), word ^ flips, zeros));
  }
#else
  uint8_t* const bytes = task.bytes;
  const uint64_t flips = task.flip * UINT64_C(0x0101010101010101);
  int64_t done = 0;
  for (; done + 8 <= task.count; done += 8) {
    uint64_t eight;
    __builtin_memcpy(&eight, task.from + done, 8);
    eight ^= flips;
    __builtin_memcpy(bytes + done, &eight, 8);
  }
  for (; done < task.count; ++done) bytes[done] = task.from[done] ^ task.flip;
  for (int64_t i = 0; i < task.count; i += lanes) {
    const uint8_t* const from = bytes + i + task.first;
#if GDWS_BYTE_PRODUCTS
    const Words word = neighbours(from);
#else
    const Words word = widen(from) | (widen(from + 1) << 16);
#endif
    store(words + i, choose(load(task.masks + i), word, zeros));
  }
#endif
  fillWords(task.zeros, task.after, words + task.count);
}

typedef uint16_t Halves __attribute__((vector_size(GDWS_VECTOR_BYTES / 2)));

/// Pairs of bytes as words.
GDWS_INLINE Words widenPairs(const uint8_t* p) {
  Halves pairs;
  __builtin_memcpy(&pairs, p, sizeof pairs);
#if defined(__aarch64__)
  // GCC 12 would make scalar code of the conversion.
  return reinterpret_cast<Words>(vmovl_u16(reinterpret_cast<uint16x4_t>(pairs)));
#else
  return __builtin_convertvector(pairs, Words);
#endif
}

inline void everySecond(const uint8_t* from, int64_t count, int32_t* words) {
  for (int64_t i = 0; i < count; i += lanes) {
    const Words pairs = widenPairs(from + 2 * i);
#if GDWS_BYTE_PRODUCTS
    store(words + i, pairs | (widenPairs(from + 2 * i + 2) << 16));
#else
    store(words + i, (pairs & 0xff) | ((pairs << 8) & 0xff0000));
#endif
  }
}

/// A float of this size has no bits for fractions: adding it rounds half to even, and its low bits are the number.
inline constexpr float wholeNumbers = 0x1.8p23f;
inline constexpr int32_t wholeNumbersBits = 0x4b400000;

using Rounding = IntegerDepthwiseTask::Rounding;

/// What is held in registers of four kernels, or two, while they pass over their maps.
/// Taps: words of a kernel, 0 where any number. Bit j of Same: kernel j + 1 is of the same channel as kernel j.
/// Reach: of patterns, where columns are bytes of padded maps; else 0.
template <int Taps, int Same, Rounding How, int Reach>
void depthwiseOf(const IntegerDepthwiseTask& given) {
  const IntegerDepthwiseTask task = given;  // which stores of words cannot change
  constexpr int held = Taps > 0 ? Taps : 1;
  constexpr bool isPowerOfTwo = How == Rounding::powerOfTwo;
  const int64_t taps = Taps > 0 ? Taps : task.taps;
  const Floats most = broadcast(task.most);
  const char* columns[depthPerWord];
  Words weights[depthPerWord][held], bias[depthPerWord];
  Floats scale[depthPerWord];
  [[maybe_unused]] Floats offset[depthPerWord];
  int64_t offsets[held];
  constexpr bool isBytes = Reach > 0;
  constexpr int64_t size = isBytes ? 1 : sizeof(int32_t);
  for (int t = 0; t < held; ++t) offsets[t] = Taps > 0 ? task.offsets[t] * size : 0;
  for (int j = 0; j < depthPerWord; ++j) {
    columns[j] = static_cast<const char*>(task.columns[j]);
    // As the bits of a float, a sum is that much more than the number it is.
    bias[j] = broadcast(task.bias[j] + (isPowerOfTwo ? wholeNumbersBits : 0));
    scale[j] = broadcast(task.scale[j]);
    offset[j] = broadcast(isPowerOfTwo ? wholeNumbers - wholeNumbers * task.scale[j] : wholeNumbers);
    for (int t = 0; t < held; ++t) weights[j][t] = Taps > 0 ? broadcast(task.weights[j * taps + t]) : Words{};
  }
  const ByteFormat format(task.zeroPoint, task.least, 0);
  int64_t pattern = 0;
#pragma GCC unroll 1
  for (int64_t v = 0; v < task.vectors; ++v) {
    Words sums[depthPerWord], column[held];
    [[maybe_unused]] Words indices{};
    int64_t at = v * GDWS_VECTOR_BYTES;
    if (isBytes) {
      at = task.patterns.at[v];
      indices = load(reinterpret_cast<const int32_t*>(task.patterns.patterns + pattern * IntegerPatterns::bytes));
      pattern = pattern + 1 == task.patterns.patternCount ? 0 : pattern + 1;
    }
    const auto columnAt = [&](int j, int64_t offsetOfTap) {
      const char* from = columns[j] + at + offsetOfTap;
#if GDWS_BYTE_PERMUTES
      if (isBytes) return permuteBytes<Reach>(indices, reinterpret_cast<const uint8_t*>(from));
#endif
      return load(reinterpret_cast<const int32_t*>(from));
    };
#pragma GCC unroll 4
    for (int j = 0; j < depthPerWord; ++j) {
      Words sum = bias[j];
      if (Taps > 0) {
        if (j == 0 || !(Same >> (j - 1) & 1)) {
#pragma GCC unroll 4
          for (int t = 0; t < held; ++t) column[t] = columnAt(j, offsets[t]);
        }
#pragma GCC unroll 4
        for (int t = 0; t < held; ++t) sum = dot(sum, column[t], weights[j][t]);
      } else {
        for (int64_t t = 0; t < taps; ++t) {
          sum = dot(sum, columnAt(j, task.offsets[t] * size), broadcast(task.weights[j * taps + t]));
        }
      }
      sums[j] = sum;
    }
    Words word;
    if constexpr (How == Rounding::any) {
      Words rounded[depthPerWord];
#pragma GCC unroll 4
      for (int j = 0; j < depthPerWord; ++j) rounded[j] = roundBelow(toFloats(sums[j]) * scale[j], most);
      word = panelWords(rounded, task.zeroPoint, task.least, format);
    } else {
#if GDWS_ROUNDS_BOUNDED
      Floats rounded[depthPerWord];
#pragma GCC unroll 4
      for (int j = 0; j < depthPerWord; ++j) {
        if (isPowerOfTwo) {
          rounded[j] = multiplyAdd(reinterpret_cast<Floats>(sums[j]), scale[j], offset[j]);
        } else {
          const Floats number = toFloats(sums[j]) * scale[j];
          rounded[j] = number + offset[j];
        }
      }
      word = panelWordsOfHalves(rounded, format);
#endif
    }
    store(task.panel + v * lanes, word);
  }
}

template <int Same, int Reach>
GDWS_INLINE void depthwiseOfThree(const IntegerDepthwiseTask& task) {
#if GDWS_ROUNDS_BOUNDED
  if (task.rounding == Rounding::powerOfTwo) return depthwiseOf<3, Same, Rounding::powerOfTwo, Reach>(task);
  if (task.rounding == Rounding::bounded) return depthwiseOf<3, Same, Rounding::bounded, Reach>(task);
#endif
  depthwiseOf<3, Same, Rounding::any, Reach>(task);
}

/// The most common case, the words of a window 3 wide and 3 high, has functions of its own.
template <int Reach>
void depthwise(const IntegerDepthwiseTask& task) {
  if (task.taps != 3) return depthwiseOf<0, 0, Rounding::any, Reach>(task);
#if GDWS_BYTE_PRODUCTS
  int same = 0;
  for (int j = 1; j < depthPerWord; ++j) same |= (task.columns[j] == task.columns[j - 1]) << (j - 1);
  static constexpr void (*functions[])(const IntegerDepthwiseTask&) = {
      depthwiseOfThree<0, Reach>, depthwiseOfThree<1, Reach>, depthwiseOfThree<2, Reach>, depthwiseOfThree<3, Reach>,
      depthwiseOfThree<4, Reach>, depthwiseOfThree<5, Reach>, depthwiseOfThree<6, Reach>, depthwiseOfThree<7, Reach>};
  functions[same](task);
#else
  depthwiseOfThree<0, Reach>(task);
#endif
}

#if GDWS_BYTE_PERMUTES
inline void depthwiseOfBytes(const IntegerDepthwiseTask& task) {
  if (task.patterns.reach > IntegerPatterns::fewBytes) {
    depthwise<IntegerPatterns::bytes>(task);
  } else {
    depthwise<IntegerPatterns::fewBytes>(task);
  }
}

inline void pad(const IntegerPaddingTask& given) {
  const IntegerPaddingTask task = given;  // which stores of bytes cannot change
  constexpr int64_t width = GDWS_VECTOR_BYTES;
  const auto below = [](int64_t count) {
    return count <= 0 ? 0 : count >= width ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
  };
  const __m512i zeros = _mm512_set1_epi8(static_cast<char>(task.zero));
  const __m512i flips = _mm512_set1_epi8(static_cast<char>(task.flip));
  for (int64_t i = 0; i < task.length; i += width) {
    const uint64_t inside = below(task.width - task.first - i) & ~below(-task.first - i), all = below(task.length - i);
    const uint8_t* from = task.from + task.first + i;
    uint8_t* to = task.to + i;
#pragma GCC unroll 1
    for (int64_t row = 0; row < task.rows; ++row, from += task.fromPitch, to += task.toPitch) {
      const __m512i bytes = _mm512_xor_si512(_mm512_maskz_loadu_epi8(inside, from), flips);
      _mm512_mask_storeu_epi8(to, all, _mm512_mask_blend_epi8(inside, zeros, bytes));
    }
  }
}

template <int Reach>
void expandOf(const IntegerExpansionTask& given) {
  const IntegerExpansionTask task = given;  // which stores of words cannot change
  int64_t pattern = 0;
  for (int64_t v = 0; v < task.vectors; ++v) {
    const Words indices =
        load(reinterpret_cast<const int32_t*>(task.patterns.patterns + pattern * IntegerPatterns::bytes));
    pattern = pattern + 1 == task.patterns.patternCount ? 0 : pattern + 1;
    const uint8_t* const from = task.from + task.patterns.at[v];
    int32_t* to = task.words + v * lanes;
    for (int64_t t = 0; t < task.taps; ++t, to += task.pitch) {
      store(to, permuteBytes<Reach>(indices, from + task.offsets[t]));
    }
  }
}

inline void expand(const IntegerExpansionTask& task) {
  if (task.patterns.reach > IntegerPatterns::fewBytes) {
    expandOf<IntegerPatterns::bytes>(task);
  } else {
    expandOf<IntegerPatterns::fewBytes>(task);
  }
}

inline void gather(const IntegerGatherTask& given) {
  const IntegerGatherTask task = given;  // which stores of bytes cannot change
  const __m512i zeros = _mm512_set1_epi8(static_cast<char>(task.zero));
  const __m512i flips = _mm512_set1_epi8(static_cast<char>(task.flip));
  uint8_t* to = task.to;
  for (const auto *source = task.sources, *end = source + task.count; source != end; ++source) {
    const __m512i bytes = _mm512_xor_si512(_mm512_maskz_loadu_epi8(source->loaded, task.from + source->at), flips);
    const __m512i indices = _mm512_loadu_si512(source->indices);
    _mm512_storeu_si512(to, _mm512_mask_permutexvar_epi8(zeros, source->inside, indices, bytes));
    to += GDWS_VECTOR_BYTES;
  }
}
#endif

inline int64_t multiplyAdds(int64_t rounds, int32_t* result) {
  // As many sums as hide the latency of two units.
  constexpr int count = 12;
  Words bytes = load(result);
  const Words weights = load(result + 1);
  Words sum[count];
#pragma GCC unroll 12
  for (int i = 0; i < count; ++i) sum[i] = load(result + i);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < count; ++i) {
      // Else the products of one round would be made once for all.
#if defined(__x86_64__)
      asm("" : "+x"(bytes));
#elif defined(__aarch64__)
      asm("" : "+w"(bytes));
#endif
      sum[i] = dot(sum[i], bytes, weights);
    }
  }
  for (int i = 1; i < count; ++i) sum[0] += sum[i];
  store(result, sum[0]);
  return rounds * count;
}

/// Whether a micro-kernel's sums fit the registers, with a row of vectors and what else it needs.
constexpr bool fitsRegisters(int rows, int vectors) {
  return rows * vectors + vectors * registersOfColumn + otherRegisters <= registers;
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
  functions.leastByte = leastByte;
  addMicro<1, 1>(functions);
  functions.line = multiplyLine;
  functions.writeRows[1] = writeRows<1>;
  functions.writeRows[2] = writeRows<2>;
  functions.writeRows[3] = writeRows<3>;
  functions.writeRows[4] = writeRows<4>;
  functions.finish = finish;
  functions.interleave = interleave;
  functions.interleaveExactly = interleaveExactly;
  functions.run = run;
  functions.everySecond = everySecond;
  functions.copy = copyWords;
  functions.depthwise = depthwise<0>;
#if GDWS_BYTE_PERMUTES
  functions.depthwiseOfBytes = depthwiseOfBytes;
  functions.expand = expand;
  functions.pad = pad;
  functions.gather = gather;
#endif
  functions.roundsBounded = GDWS_ROUNDS_BOUNDED;
  functions.winograd = makeIntegerWinogradFunctions();
  functions.multiplyAdds = multiplyAdds;
  return functions;
}

}  // namespace GDWS_ISA
}  // namespace gdws
