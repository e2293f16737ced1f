// Vectors of int32 and what the kernels of bytes need of each instruction set. The translation unit that includes this
// defines GDWS_ISA (a namespace name), GDWS_VECTOR_BYTES (16, 32 or 64), GDWS_BYTE_PRODUCTS (1 where an instruction
// adds up four products of bytes) and GDWS_BYTE_PERMUTES (1 where one takes any bytes of 64). No standard C++ header
// may be included here: see docs/architecture.md.
#pragma once

#include <stdint.h>
#if defined(__x86_64__)
#pragma GCC diagnostic push
#if !defined(__clang__)
// GCC 12's intrinsics leave undefined what a full mask overwrites.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#pragma GCC diagnostic pop
#elif defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

namespace gdws {
namespace GDWS_ISA {

#ifndef GDWS_BYTE_PERMUTES
#define GDWS_BYTE_PERMUTES 0
#endif
// Whether there is a multiply-add, and what packs the low halves of words.
#define GDWS_ROUNDS_BOUNDED (GDWS_VECTOR_BYTES > 16)

#define GDWS_INLINE static inline __attribute__((always_inline))

inline constexpr int lanes = GDWS_VECTOR_BYTES / 4;
inline constexpr int depthPerWord = GDWS_BYTE_PRODUCTS ? 4 : 2;
#if GDWS_VECTOR_BYTES == 64 || defined(__aarch64__)
inline constexpr int registers = 32;
#else
inline constexpr int registers = 16;
#endif
#if defined(__aarch64__)
// sdot takes only numbers with sign. Without it, the halves of words have registers of their own.
inline constexpr int leastByte = GDWS_BYTE_PRODUCTS ? -128 : 0;
inline constexpr int registersOfPairs = 2, otherRegistersOfPairs = 3;
inline constexpr int registersOfColumn = GDWS_BYTE_PRODUCTS ? 1 : registersOfPairs, otherRegisters = 3;
// Two instructions, where one adds products of bytes.
inline constexpr double pairCost = GDWS_BYTE_PRODUCTS ? 2 : 1;
#else
inline constexpr int leastByte = 0;
// A broadcast and, where products are added by another instruction, a product.
inline constexpr int registersOfColumn = 1, otherRegisters = GDWS_BYTE_PRODUCTS ? 1 : 2;
inline constexpr int registersOfPairs = registersOfColumn, otherRegistersOfPairs = otherRegisters;
inline constexpr double pairCost = 1;
#endif

typedef int32_t Words __attribute__((vector_size(GDWS_VECTOR_BYTES)));
typedef float Floats __attribute__((vector_size(GDWS_VECTOR_BYTES)));
typedef int32_t UnalignedWords __attribute__((vector_size(GDWS_VECTOR_BYTES), aligned(4), may_alias));
typedef float UnalignedFloats __attribute__((vector_size(GDWS_VECTOR_BYTES), aligned(4), may_alias));

GDWS_INLINE Words load(const int32_t* p) { return *reinterpret_cast<const UnalignedWords*>(p); }
GDWS_INLINE void store(int32_t* p, Words v) { *reinterpret_cast<UnalignedWords*>(p) = v; }
GDWS_INLINE void store(float* p, Floats v) { *reinterpret_cast<UnalignedFloats*>(p) = v; }
GDWS_INLINE Words broadcast(int32_t x) { return x - Words{}; }
GDWS_INLINE Floats broadcast(float x) { return x - Floats{}; }
GDWS_INLINE Floats toFloats(Words v) { return __builtin_convertvector(v, Floats); }

#if GDWS_VECTOR_BYTES == 64

#if GDWS_BYTE_PRODUCTS
// In assembly: GCC 12 copies sums around the intrinsic, at half of the speed.
GDWS_INLINE Words dot(Words sum, Words bytes, Words weights) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(bytes), "v"(weights));
  return sum;
}
GDWS_INLINE Words dotPairs(Words sum, Words words, Words weights) {
  asm("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(words), "v"(weights));
  return sum;
}
#else
GDWS_INLINE Words dotPairs(Words sum, Words words, Words weights) {
  return reinterpret_cast<Words>(
      _mm512_add_epi32(reinterpret_cast<__m512i>(sum),
                       _mm512_madd_epi16(reinterpret_cast<__m512i>(words), reinterpret_cast<__m512i>(weights))));
}
#endif

/// Round half to even of what is at least -512, limited to `most`; for less, and for NaN, any number below -512.
GDWS_INLINE Words roundBelow(Floats t, Floats most) {
  return reinterpret_cast<Words>(_mm512_cvtps_epi32(_mm512_min_ps(most, t)));  // of a NaN, the second operand
}
GDWS_INLINE Words roundWithin(Floats t, Floats least, Floats most) { return roundBelow(_mm512_max_ps(t, least), most); }

GDWS_INLINE Words widen(const uint8_t* p) {
  return reinterpret_cast<Words>(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
GDWS_INLINE Words widenFirst(const uint8_t* p, int64_t count) {
  return reinterpret_cast<Words>(
      _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(static_cast<uint16_t>((1u << count) - 1), p)));
}

/// Words of a byte of each source as 16-bit numbers, flipped.
GDWS_INLINE Words signedPairs(const uint8_t* a, const uint8_t* b, uint8_t flip) {
  const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(a));
  const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(b));
  const __m128i low = _mm_unpacklo_epi8(first, second), high = _mm_unpackhi_epi8(first, second);
  const __m256i bytes = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
  const __m256i flips = _mm256_set1_epi8(static_cast<char>(flip));
  return reinterpret_cast<Words>(_mm512_cvtepi8_epi16(_mm256_xor_si256(bytes, flips)));
}

GDWS_INLINE void storeFirst(int32_t* p, Words v, int64_t count) {
  _mm512_mask_storeu_epi32(p, static_cast<uint16_t>((1u << count) - 1), reinterpret_cast<__m512i>(v));
}
GDWS_INLINE void storeFirst(float* p, Floats v, int64_t count) {
  _mm512_mask_storeu_ps(p, static_cast<uint16_t>((1u << count) - 1), v);
}

GDWS_INLINE Floats multiplyAdd(Floats a, Floats b, Floats c) {
  return reinterpret_cast<Floats>(
      _mm512_fmadd_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), reinterpret_cast<__m512>(c)));
}

/// The low halves of the words of a, and those of b above them.
GDWS_INLINE __m512i lowHalves(Floats a, Floats b) {
  return _mm512_mask_blend_epi16(0xaaaaaaaa, reinterpret_cast<__m512i>(a),
                                 _mm512_slli_epi32(reinterpret_cast<__m512i>(b), 16));
}

/// How rounded numbers become bytes: + zero point, at least `least`, flipped.
struct ByteFormat {
  __m512i zeroPoint, least, flip;

  ByteFormat(int32_t zeroPoint, int32_t least, uint8_t flip)
      : zeroPoint(_mm512_set1_epi16(static_cast<int16_t>(zeroPoint))),
        least(_mm512_set1_epi8(static_cast<int8_t>(least))),
        flip(_mm512_set1_epi8(static_cast<int8_t>(flip))) {}
};

GDWS_INLINE __m512i packBytes(const Words* v, const ByteFormat& format, int a, int b, int c, int d) {
  const __m512i zero = format.zeroPoint;
  const __m512i low =
      _mm512_adds_epi16(_mm512_packs_epi32(reinterpret_cast<__m512i>(v[a]), reinterpret_cast<__m512i>(v[b])), zero);
  const __m512i high =
      _mm512_adds_epi16(_mm512_packs_epi32(reinterpret_cast<__m512i>(v[c]), reinterpret_cast<__m512i>(v[d])), zero);
  return _mm512_max_epu8(_mm512_packus_epi16(low, high), format.least);
}

/// Writes the first `count` of the vectors' numbers as bytes.
template <int Vectors>
GDWS_INLINE void storeBytes(const Words* v, uint8_t* to, int64_t count, const ByteFormat& format) {
  constexpr int last = Vectors - 1;
  const __m512i packed = packBytes(v, format, 0, last < 1 ? last : 1, last < 2 ? last : 2, last < 3 ? last : 3);
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i bytes = _mm512_xor_si512(_mm512_permutexvar_epi32(order, packed), format.flip);
  if (Vectors == 4 && count >= 64) {
    _mm512_storeu_si512(to, bytes);
  } else if (Vectors == 2 && count >= 32) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_castsi512_si256(bytes));
  } else if (Vectors == 1 && count >= 16) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_castsi512_si128(bytes));
  } else {
    const int64_t most = count < 16 * Vectors ? count : 16 * Vectors;
    _mm512_mask_storeu_epi8(to, most == 64 ? ~uint64_t{0} : (uint64_t{1} << most) - 1, bytes);
  }
}

/// Words of a panel, of rounded numbers.
GDWS_INLINE Words panelWords(const Words* v, [[maybe_unused]] int32_t zeroPoint, [[maybe_unused]] int32_t least,
                             [[maybe_unused]] const ByteFormat& format) {
#if GDWS_BYTE_PRODUCTS
  const __m512i order = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  return reinterpret_cast<Words>(_mm512_shuffle_epi8(packBytes(v, format, 0, 1, 2, 3), order));
#else
  const Words zero = broadcast(zeroPoint);
  const __m512i limit = reinterpret_cast<__m512i>(broadcast(least));
  const __m512i low = _mm512_max_epi32(reinterpret_cast<__m512i>(v[0] + zero), limit);
  const __m512i high = _mm512_max_epi32(reinterpret_cast<__m512i>(v[1] + zero), limit);
  return reinterpret_cast<Words>(_mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
#endif
}

/// Words of a panel, of numbers in the low halves of words: with the limits of the type.
GDWS_INLINE Words panelWordsOfHalves(const Floats* v, const ByteFormat& format) {
  const __m512i low = _mm512_adds_epi16(lowHalves(v[0], v[1]), format.zeroPoint);
#if GDWS_BYTE_PRODUCTS
  const __m512i high = _mm512_adds_epi16(lowHalves(v[2], v[3]), format.zeroPoint);
  const __m512i order = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
  return reinterpret_cast<Words>(_mm512_shuffle_epi8(_mm512_packus_epi16(low, high), order));
#else
  return reinterpret_cast<Words>(
      _mm512_max_epi16(_mm512_min_epi16(low, _mm512_set1_epi16(255)), _mm512_setzero_si512()));
#endif
}

#if GDWS_BYTE_PRODUCTS
/// Words of a byte of each source.
GDWS_INLINE Words interleaved(const uint8_t* a, const uint8_t* b, const uint8_t* c, const uint8_t* d) {
  const auto at = [](const uint8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); };
  __m512i bytes = _mm512_castsi128_si512(at(a));
  bytes = _mm512_inserti32x4(bytes, at(b), 1);
  bytes = _mm512_inserti32x4(bytes, at(c), 2);
  bytes = _mm512_inserti32x4(bytes, at(d), 3);
  const __m512i fours = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i order = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  return reinterpret_cast<Words>(_mm512_shuffle_epi8(_mm512_permutexvar_epi32(fours, bytes), order));
}

#if GDWS_BYTE_PERMUTES
/// 64 bytes, each by its index among the `Reach` bytes at p: loads of fewer seldom touch two cache lines.
template <int Reach>
GDWS_INLINE Words permuteBytes(Words indices, const uint8_t* p) {
  const __m512i bytes = Reach == 64 ? _mm512_loadu_si512(p)
                                    : _mm512_castsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  return reinterpret_cast<Words>(_mm512_permutexvar_epi8(reinterpret_cast<__m512i>(indices), bytes));
}
#endif

/// Words of bytes 0..3, 1..4, …
GDWS_INLINE Words neighbours(__m256i bytes) {
  const __m512i spread = _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6),
                                                  _mm512_castsi256_si512(bytes));
  const __m512i order = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6));
  return reinterpret_cast<Words>(_mm512_shuffle_epi8(spread, order));
}
#endif

#elif GDWS_VECTOR_BYTES == 32

#if GDWS_BYTE_PRODUCTS
/// Words of bytes 0..3, 1..4, …
GDWS_INLINE Words neighbours(const uint8_t* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m256i order =
      _mm256_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7, 5, 6, 7, 8, 6, 7, 8, 9, 7, 8, 9, 10);
  return reinterpret_cast<Words>(_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), order));
}

GDWS_INLINE Words dot(Words sum, Words bytes, Words weights) {
  asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(bytes), "x"(weights));
  return sum;
}
GDWS_INLINE Words dotPairs(Words sum, Words words, Words weights) {
  asm("%{vex%} vpdpwssd %2, %1, %0" : "+x"(sum) : "x"(words), "x"(weights));
  return sum;
}
#else
GDWS_INLINE Words dotPairs(Words sum, Words words, Words weights) {
  return reinterpret_cast<Words>(
      _mm256_add_epi32(reinterpret_cast<__m256i>(sum),
                       _mm256_madd_epi16(reinterpret_cast<__m256i>(words), reinterpret_cast<__m256i>(weights))));
}
#endif

GDWS_INLINE Words roundBelow(Floats t, Floats most) {
  return reinterpret_cast<Words>(_mm256_cvtps_epi32(_mm256_min_ps(most, t)));
}
GDWS_INLINE Words roundWithin(Floats t, Floats least, Floats most) { return roundBelow(_mm256_max_ps(t, least), most); }

GDWS_INLINE Words widen(const uint8_t* p) {
  return reinterpret_cast<Words>(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}
GDWS_INLINE Words widenFirst(const uint8_t* p, int64_t count) {
  uint8_t bytes[8] = {};
  for (int64_t i = 0; i < count; ++i) bytes[i] = p[i];
  return widen(bytes);
}

/// Words of a byte of each source as 16-bit numbers, flipped.
GDWS_INLINE Words signedPairs(const uint8_t* a, const uint8_t* b, uint8_t flip) {
  const __m128i bytes = _mm_unpacklo_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(a)),
                                          _mm_loadl_epi64(reinterpret_cast<const __m128i*>(b)));
  const __m128i flips = _mm_set1_epi8(static_cast<char>(flip));
  return reinterpret_cast<Words>(_mm256_cvtepi8_epi16(_mm_xor_si128(bytes, flips)));
}

GDWS_INLINE __m256i firstLanes(int64_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int32_t>(count)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
GDWS_INLINE void storeFirst(int32_t* p, Words v, int64_t count) {
  _mm256_maskstore_epi32(p, firstLanes(count), reinterpret_cast<__m256i>(v));
}
GDWS_INLINE void storeFirst(float* p, Floats v, int64_t count) { _mm256_maskstore_ps(p, firstLanes(count), v); }

GDWS_INLINE Floats multiplyAdd(Floats a, Floats b, Floats c) {
  return reinterpret_cast<Floats>(
      _mm256_fmadd_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b), reinterpret_cast<__m256>(c)));
}

GDWS_INLINE __m256i lowHalves(Floats a, Floats b) {
  return _mm256_blend_epi16(reinterpret_cast<__m256i>(a), _mm256_slli_epi32(reinterpret_cast<__m256i>(b), 16), 0xaa);
}

struct ByteFormat {
  __m256i zeroPoint, least, flip;

  ByteFormat(int32_t zeroPoint, int32_t least, uint8_t flip)
      : zeroPoint(_mm256_set1_epi16(static_cast<int16_t>(zeroPoint))),
        least(_mm256_set1_epi8(static_cast<int8_t>(least))),
        flip(_mm256_set1_epi8(static_cast<int8_t>(flip))) {}
};

GDWS_INLINE __m256i packBytes(const Words* v, const ByteFormat& format, int a, int b, int c, int d) {
  const __m256i zero = format.zeroPoint;
  const __m256i low =
      _mm256_adds_epi16(_mm256_packs_epi32(reinterpret_cast<__m256i>(v[a]), reinterpret_cast<__m256i>(v[b])), zero);
  const __m256i high =
      _mm256_adds_epi16(_mm256_packs_epi32(reinterpret_cast<__m256i>(v[c]), reinterpret_cast<__m256i>(v[d])), zero);
  return _mm256_max_epu8(_mm256_packus_epi16(low, high), format.least);
}

template <int Vectors>
GDWS_INLINE void storeBytes(const Words* v, uint8_t* to, int64_t count, const ByteFormat& format) {
  constexpr int last = Vectors - 1;
  const __m256i packed = packBytes(v, format, 0, last < 1 ? last : 1, last < 2 ? last : 2, last < 3 ? last : 3);
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  const __m256i bytes = _mm256_xor_si256(_mm256_permutevar8x32_epi32(packed, order), format.flip);
  if (count >= 8 * Vectors) {
    if (Vectors == 4) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
    } else {
      if (Vectors > 1) _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(bytes));
      if (Vectors == 1) _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(bytes));
      if (Vectors == 3) {
        _mm_storel_epi64(reinterpret_cast<__m128i*>(to + 16), _mm256_extracti128_si256(bytes, 1));
      }
    }
    return;
  }
  uint8_t all[32];
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(all), bytes);
  for (int64_t i = 0; i < count; ++i) to[i] = all[i];
}

GDWS_INLINE Words panelWords(const Words* v, [[maybe_unused]] int32_t zeroPoint, [[maybe_unused]] int32_t least,
                             [[maybe_unused]] const ByteFormat& format) {
#if GDWS_BYTE_PRODUCTS
  const __m256i order =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  return reinterpret_cast<Words>(_mm256_shuffle_epi8(packBytes(v, format, 0, 1, 2, 3), order));
#else
  const Words zero = broadcast(zeroPoint);
  const __m256i limit = reinterpret_cast<__m256i>(broadcast(least));
  const __m256i low = _mm256_max_epi32(reinterpret_cast<__m256i>(v[0] + zero), limit);
  const __m256i high = _mm256_max_epi32(reinterpret_cast<__m256i>(v[1] + zero), limit);
  return reinterpret_cast<Words>(_mm256_or_si256(low, _mm256_slli_epi32(high, 16)));
#endif
}

GDWS_INLINE Words panelWordsOfHalves(const Floats* v, const ByteFormat& format) {
  const __m256i low = _mm256_adds_epi16(lowHalves(v[0], v[1]), format.zeroPoint);
#if GDWS_BYTE_PRODUCTS
  const __m256i high = _mm256_adds_epi16(lowHalves(v[2], v[3]), format.zeroPoint);
  const __m256i order =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
  return reinterpret_cast<Words>(_mm256_shuffle_epi8(_mm256_packus_epi16(low, high), order));
#else
  return reinterpret_cast<Words>(
      _mm256_max_epi16(_mm256_min_epi16(low, _mm256_set1_epi16(255)), _mm256_setzero_si256()));
#endif
}

#elif defined(__aarch64__)

#if GDWS_BYTE_PRODUCTS
GDWS_INLINE Words dot(Words sum, Words a, Words b) {
  return reinterpret_cast<Words>(
      vdotq_s32(reinterpret_cast<int32x4_t>(sum), reinterpret_cast<int8x16_t>(a), reinterpret_cast<int8x16_t>(b)));
}

template <int Element>
GDWS_INLINE Words dotElement(Words sum, Words a, Words four) {
  return reinterpret_cast<Words>(vdotq_laneq_s32(reinterpret_cast<int32x4_t>(sum), reinterpret_cast<int8x16_t>(a),
                                                 reinterpret_cast<int8x16_t>(four), Element));
}
#endif
GDWS_INLINE int16x4_t evenHalves(Words words) { return vmovn_s32(reinterpret_cast<int32x4_t>(words)); }
GDWS_INLINE int16x4_t oddHalves(Words words) { return vshrn_n_s32(reinterpret_cast<int32x4_t>(words), 16); }

template <int Element>
GDWS_INLINE Words dotPairsElement(Words sum, Words a, Words four) {
  const auto halves = reinterpret_cast<int16x8_t>(four);
  const int32x4_t even = vmlal_laneq_s16(reinterpret_cast<int32x4_t>(sum), evenHalves(a), halves, 2 * Element);
  return reinterpret_cast<Words>(vmlal_laneq_s16(even, oddHalves(a), halves, 2 * Element + 1));
}
/// The dot of each word of a with word i of such a vector as vectorWith() gives.
GDWS_INLINE Words dotPairsWith(Words sum, Words a, Words four, int i) {
  switch (i % 4) {
    case 0:
      return dotPairsElement<0>(sum, a, four);
    case 1:
      return dotPairsElement<1>(sum, a, four);
    case 2:
      return dotPairsElement<2>(sum, a, four);
    default:
      return dotPairsElement<3>(sum, a, four);
  }
}
#if !GDWS_BYTE_PRODUCTS
GDWS_INLINE Words dot(Words sum, Words a, Words b) {
  const int32x4_t even = vmlal_s16(reinterpret_cast<int32x4_t>(sum), evenHalves(a), evenHalves(b));
  return reinterpret_cast<Words>(vmlal_s16(even, oddHalves(a), oddHalves(b)));
}
#endif

/// A vector of the words at p that has word i; it may go beyond it.
GDWS_INLINE Words vectorWith(const int32_t* p, int i) { return load(p + i / 4 * 4); }
/// The dot of each word of a with word i of such a vector.
GDWS_INLINE Words dotWith(Words sum, Words a, Words four, int i) {
#if GDWS_BYTE_PRODUCTS
  switch (i % 4) {
    case 0:
      return dotElement<0>(sum, a, four);
    case 1:
      return dotElement<1>(sum, a, four);
    case 2:
      return dotElement<2>(sum, a, four);
    default:
      return dotElement<3>(sum, a, four);
  }
#else
  return dotPairsWith(sum, a, four, i);
#endif
}
GDWS_INLINE Words dotWeight(Words sum, Words columns, Words weights, int i) {
  return dotWith(sum, columns, weights, i);
}
GDWS_INLINE Words dotColumn(Words sum, Words columns, Words weights, int i) {
  return dotWith(sum, weights, columns, i);
}

GDWS_INLINE Words roundWithin(Floats t, Floats least, Floats most) {
  // Of NaN and a number, the number.
  const float32x4_t above = vmaxnmq_f32(reinterpret_cast<float32x4_t>(t), reinterpret_cast<float32x4_t>(least));
  return reinterpret_cast<Words>(vcvtnq_s32_f32(vminnmq_f32(above, reinterpret_cast<float32x4_t>(most))));
}
GDWS_INLINE Words roundBelow(Floats t, Floats most) { return roundWithin(t, broadcast(-1024.0f), most); }

GDWS_INLINE Words widen(uint32_t four) {
  const uint16x8_t halves = vmovl_u8(vcreate_u8(four));
  return reinterpret_cast<Words>(vmovl_u16(vget_low_u16(halves)));
}
GDWS_INLINE Words widen(const uint8_t* p) {
  uint32_t four;
  __builtin_memcpy(&four, p, sizeof four);
  return widen(four);
}
/// Words of a byte of each source as 16-bit numbers, flipped.
GDWS_INLINE Words signedPairs(const uint8_t* a, const uint8_t* b, uint8_t flip) {
  uint32_t first, second;
  __builtin_memcpy(&first, a, sizeof first);
  __builtin_memcpy(&second, b, sizeof second);
  const uint8x8_t bytes = veor_u8(vzip1_u8(vcreate_u8(first), vcreate_u8(second)), vdup_n_u8(flip));
  return reinterpret_cast<Words>(vmovl_s8(vreinterpret_s8_u8(bytes)));
}
/// Of 1 to 3 bytes.
GDWS_INLINE Words widenFirst(const uint8_t* p, int64_t count) {
  const int64_t middle = count / 2, last = count - 1;
  return widen(p[0] | uint32_t{p[middle]} << (8 * middle) | uint32_t{p[last]} << (8 * last));
}

GDWS_INLINE void storeFirst(int32_t* p, Words v, int64_t count) {
  for (int64_t i = 0; i < count; ++i) p[i] = v[i];
}
GDWS_INLINE void storeFirst(float* p, Floats v, int64_t count) {
  for (int64_t i = 0; i < count; ++i) p[i] = v[i];
}

template <class Part>
GDWS_INLINE void storePart(uint8_t*& to, uint8x16_t& bytes) {
  __builtin_memcpy(to, &bytes, sizeof(Part));
  bytes = vextq_u8(bytes, bytes, sizeof(Part));
  to += sizeof(Part);
}
/// Fewer bytes than a vector has. A loop would become a call, around which sums are saved.
GDWS_INLINE void storeFirst(uint8_t* to, uint8x16_t bytes, int64_t count) {
  if (count & 8) storePart<uint64_t>(to, bytes);
  if (count & 4) storePart<uint32_t>(to, bytes);
  if (count & 2) storePart<uint16_t>(to, bytes);
  if (count & 1) storePart<uint8_t>(to, bytes);
}

struct ByteFormat {
  int16x8_t zeroPoint;
  uint8x16_t least, flip;

  ByteFormat(int32_t zeroPoint, int32_t least, uint8_t flip)
      : zeroPoint(vdupq_n_s16(static_cast<int16_t>(zeroPoint))),
        least(vdupq_n_u8(static_cast<uint8_t>(least))),
        flip(vdupq_n_u8(flip)) {}
};

GDWS_INLINE int16x8_t packHalves(Words a, Words b, const ByteFormat& format) {
  const int16x4_t low = vqmovn_s32(reinterpret_cast<int32x4_t>(a));
  return vqaddq_s16(vqmovn_high_s32(low, reinterpret_cast<int32x4_t>(b)), format.zeroPoint);
}

template <int Vectors>
GDWS_INLINE void storeBytes(const Words* v, uint8_t* to, int64_t count, const ByteFormat& format) {
  constexpr int last = Vectors - 1;
  const int16x8_t low = packHalves(v[0], v[last < 1 ? last : 1], format);
  const int16x8_t high = Vectors > 2 ? packHalves(v[last < 2 ? last : 2], v[last], format) : low;
  const uint8x16_t limited = vmaxq_u8(vqmovun_high_s16(vqmovun_s16(low), high), format.least);
  const uint8x16_t bytes = veorq_u8(limited, format.flip);
  if (count < lanes * Vectors) {
    storeFirst(to, bytes, count);
  } else if (Vectors < 4) {
    storeFirst(to, bytes, lanes * Vectors);
  } else {
    vst1q_u8(to, bytes);
  }
}

GDWS_INLINE Words panelWords(const Words* v, [[maybe_unused]] int32_t zeroPoint, [[maybe_unused]] int32_t least,
                             [[maybe_unused]] const ByteFormat& format) {
#if GDWS_BYTE_PRODUCTS
  const int8x8_t low = vqmovn_s16(packHalves(v[0], v[1], format));
  const int8x16_t all = vqmovn_high_s16(low, packHalves(v[2], v[3], format));
  const int8x16_t limited = vmaxq_s8(all, vreinterpretq_s8_u8(format.least));
  const uint8x16_t order = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
  return reinterpret_cast<Words>(vqtbl1q_s8(limited, order));
#else
  const Words zero = broadcast(zeroPoint);
  const auto limit = reinterpret_cast<int32x4_t>(broadcast(least));
  const int32x4_t low = vmaxq_s32(reinterpret_cast<int32x4_t>(v[0] + zero), limit);
  const int32x4_t high = vmaxq_s32(reinterpret_cast<int32x4_t>(v[1] + zero), limit);
  return reinterpret_cast<Words>(vsliq_n_s32(low, high, 16));
#endif
}

#if GDWS_BYTE_PRODUCTS
/// Words of bytes 0..3, 1..4, …
GDWS_INLINE Words neighbours(const uint8_t* p) {
  const uint8x8_t bytes = vld1_u8(p);
  const uint8x16_t order = {0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6};
  return reinterpret_cast<Words>(vqtbl1q_u8(vcombine_u8(bytes, bytes), order));
}
#endif

#elif defined(__wasm_simd128__)

GDWS_INLINE Words dotPairs(Words sum, Words words, Words weights) {
  return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(words, weights));
}

GDWS_INLINE Words roundWithin(Floats t, Floats least, Floats most) {
  // Of NaN and a number, the number: these take their second operand only where it is greater, or less.
  const Floats within = (Floats)wasm_f32x4_pmin(most, wasm_f32x4_pmax(least, t));
  // Adding this leaves no bits for fractions.
  return (Words)(within + 0x1.8p23f) - 0x4b400000;
}
GDWS_INLINE Words roundBelow(Floats t, Floats most) { return roundWithin(t, broadcast(-1024.0f), most); }

GDWS_INLINE Words widenBytes(v128_t bytes) { return wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(bytes)); }
GDWS_INLINE Words widen(const uint8_t* p) { return widenBytes(wasm_v128_load32_zero(p)); }
/// Words of a byte of each source as 16-bit numbers, flipped.
GDWS_INLINE Words signedPairs(const uint8_t* a, const uint8_t* b, uint8_t flip) {
  const v128_t bytes = wasm_i8x16_shuffle(wasm_v128_load32_zero(a), wasm_v128_load32_zero(b), 0, 16, 1, 17, 2, 18, 3,
                                          19, 0, 16, 1, 17, 2, 18, 3, 19);
  return wasm_i16x8_extend_low_i8x16(bytes ^ wasm_u8x16_splat(flip));
}
/// Of 1 to 3 bytes.
GDWS_INLINE Words widenFirst(const uint8_t* p, int64_t count) {
  const int64_t middle = count / 2, last = count - 1;
  return widenBytes(wasm_u32x4_splat(p[0] | uint32_t{p[middle]} << (8 * middle) | uint32_t{p[last]} << (8 * last)));
}

GDWS_INLINE void storeFirst(int32_t* p, Words v, int64_t count) {
  for (int64_t i = 0; i < count; ++i) p[i] = v[i];
}
GDWS_INLINE void storeFirst(float* p, Floats v, int64_t count) {
  for (int64_t i = 0; i < count; ++i) p[i] = v[i];
}
/// Fewer bytes than a vector has. A loop would become a call, around which sums are saved.
GDWS_INLINE void storeFirst(uint8_t* to, v128_t bytes, int64_t count) {
  if (count & 8) {
    wasm_v128_store64_lane(to, bytes, 0);
    bytes = wasm_i64x2_shuffle(bytes, bytes, 1, 0);
    to += 8;
  }
  if (count & 4) {
    wasm_v128_store32_lane(to, bytes, 0);
    bytes = wasm_i32x4_shuffle(bytes, bytes, 1, 2, 3, 0);
    to += 4;
  }
  if (count & 2) {
    wasm_v128_store16_lane(to, bytes, 0);
    bytes = wasm_i16x8_shuffle(bytes, bytes, 1, 2, 3, 4, 5, 6, 7, 0);
    to += 2;
  }
  if (count & 1) wasm_v128_store8_lane(to, bytes, 0);
}

struct ByteFormat {
  v128_t zeroPoint, least, flip;

  ByteFormat(int32_t zeroPoint, int32_t least, uint8_t flip)
      : zeroPoint(wasm_i16x8_splat(static_cast<int16_t>(zeroPoint))),
        least(wasm_u8x16_splat(static_cast<uint8_t>(least))),
        flip(wasm_u8x16_splat(flip)) {}
};

GDWS_INLINE v128_t packHalves(Words a, Words b, const ByteFormat& format) {
  return wasm_i16x8_add_sat(wasm_i16x8_narrow_i32x4(a, b), format.zeroPoint);
}

/// Writes the first `count` of the vectors' numbers as bytes.
template <int Vectors>
GDWS_INLINE void storeBytes(const Words* v, uint8_t* to, int64_t count, const ByteFormat& format) {
  constexpr int last = Vectors - 1;
  const v128_t low = packHalves(v[0], v[last < 1 ? last : 1], format);
  const v128_t high = Vectors > 2 ? packHalves(v[last < 2 ? last : 2], v[last], format) : low;
  const v128_t bytes = wasm_u8x16_max(wasm_u8x16_narrow_i16x8(low, high), format.least) ^ format.flip;
  if (count < lanes * Vectors) {
    storeFirst(to, bytes, count);
  } else if (Vectors < 4) {
    storeFirst(to, bytes, lanes * Vectors);
  } else {
    wasm_v128_store(to, bytes);
  }
}

GDWS_INLINE Words panelWords(const Words* v, int32_t zeroPoint, int32_t least, const ByteFormat&) {
  const Words limit = broadcast(least);
  return wasm_i32x4_max(v[0] + zeroPoint, limit) | (wasm_i32x4_max(v[1] + zeroPoint, limit) << 16);
}

#else

GDWS_INLINE Words dotPairs(Words sum, Words words, Words weights) {
#if defined(__SSE2__)
  return reinterpret_cast<Words>(
      _mm_add_epi32(reinterpret_cast<__m128i>(sum),
                    _mm_madd_epi16(reinterpret_cast<__m128i>(words), reinterpret_cast<__m128i>(weights))));
#else
  typedef uint32_t Bits __attribute__((vector_size(GDWS_VECTOR_BYTES)));
  const Words low = ((words << 16) >> 16) * ((weights << 16) >> 16), high = (words >> 16) * (weights >> 16);
  return reinterpret_cast<Words>(reinterpret_cast<Bits>(sum) + reinterpret_cast<Bits>(low) +
                                 reinterpret_cast<Bits>(high));
#endif
}

GDWS_INLINE Words roundWithin(Floats t, Floats least, Floats most) {
  t = t > least ? t : least;
  t = t < most ? t : most;
  // Adding this leaves no bits for fractions.
  const Floats shifted = t + 0x1.8p23f;
  return reinterpret_cast<Words>(shifted) - 0x4b400000;
}
GDWS_INLINE Words roundBelow(Floats t, Floats most) { return roundWithin(t, broadcast(-1024.0f), most); }

GDWS_INLINE Words widen(const uint8_t* p) { return Words{p[0], p[1], p[2], p[3]}; }
/// Words of a byte of each source as 16-bit numbers, flipped.
GDWS_INLINE Words signedPairs(const uint8_t* a, const uint8_t* b, uint8_t flip) {
  const int32_t flips = flip * 0x00010001;
  const Words bytes = (widen(a) | (widen(b) << 16)) ^ flips;
  return (((bytes << 24) >> 24) & 0xffff) | (((bytes << 8) >> 24) << 16);
}
GDWS_INLINE Words widenFirst(const uint8_t* p, int64_t count) {
  Words v{};
  for (int64_t i = 0; i < count; ++i) v[i] = p[i];
  return v;
}

GDWS_INLINE void storeFirst(int32_t* p, Words v, int64_t count) {
  for (int64_t i = 0; i < count; ++i) p[i] = v[i];
}
GDWS_INLINE void storeFirst(float* p, Floats v, int64_t count) {
  for (int64_t i = 0; i < count; ++i) p[i] = v[i];
}

struct ByteFormat {
  int32_t zeroPoint, least;
  uint8_t flip;

  ByteFormat(int32_t zeroPoint, int32_t least, uint8_t flip) : zeroPoint(zeroPoint), least(least), flip(flip) {}
};

GDWS_INLINE Words atLeast(Words v, Words least) { return v > least ? v : least; }

template <int Vectors>
GDWS_INLINE void storeBytes(const Words* v, uint8_t* to, int64_t count, const ByteFormat& format) {
  for (int i = 0; i < Vectors; ++i) {
    const Words bytes = atLeast(v[i] + format.zeroPoint, broadcast(format.least));
    for (int l = 0; l < lanes && i * lanes + l < count; ++l) {
      to[i * lanes + l] = static_cast<uint8_t>(bytes[l]) ^ format.flip;
    }
  }
}

GDWS_INLINE Words panelWords(const Words* v, int32_t zeroPoint, int32_t least, const ByteFormat&) {
  const Words limit = broadcast(least);
  return atLeast(v[0] + zeroPoint, limit) | (atLeast(v[1] + zeroPoint, limit) << 16);
}

#endif

#if !defined(__aarch64__)
#if !GDWS_BYTE_PRODUCTS
GDWS_INLINE Words dot(Words sum, Words words, Words weights) { return dotPairs(sum, words, weights); }
#endif
/// Word i of those at p, for a dot with it.
GDWS_INLINE Words vectorWith(const int32_t* p, int i) { return broadcast(p[i]); }
GDWS_INLINE Words dotPairsWith(Words sum, Words words, Words row, int) { return dotPairs(sum, words, row); }
GDWS_INLINE Words dotWeight(Words sum, Words columns, Words weight, int) { return dot(sum, columns, weight); }
GDWS_INLINE Words dotColumn(Words sum, Words column, Words weights, int) { return dot(sum, column, weights); }
#endif

}  // namespace GDWS_ISA
}  // namespace gdws
