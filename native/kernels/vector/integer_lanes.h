// Vectors of int32 and what the kernels of bytes need of each instruction set. The translation unit that includes this
// defines GDWS_ISA (a namespace name), GDWS_VECTOR_BYTES (16, 32 or 64) and GDWS_BYTE_PRODUCTS (1 where vpdpbusd adds
// up four products of bytes). No standard C++ header may be included here: see docs/architecture.md.
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
#endif

namespace gdws {
namespace GDWS_ISA {

#define GDWS_INLINE static inline __attribute__((always_inline))

inline constexpr int lanes = GDWS_VECTOR_BYTES / 4;
inline constexpr int depthPerWord = GDWS_BYTE_PRODUCTS ? 4 : 2;
#if GDWS_VECTOR_BYTES == 64 || defined(__aarch64__)
inline constexpr int registers = 32;
#else
inline constexpr int registers = 16;
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
#else
GDWS_INLINE Words dot(Words sum, Words words, Words weights) {
  return sum + reinterpret_cast<Words>(
                   _mm512_madd_epi16(reinterpret_cast<__m512i>(words), reinterpret_cast<__m512i>(weights)));
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

GDWS_INLINE void storeFirst(int32_t* p, Words v, int64_t count) {
  _mm512_mask_storeu_epi32(p, static_cast<uint16_t>((1u << count) - 1), reinterpret_cast<__m512i>(v));
}
GDWS_INLINE void storeFirst(float* p, Floats v, int64_t count) {
  _mm512_mask_storeu_ps(p, static_cast<uint16_t>((1u << count) - 1), v);
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
GDWS_INLINE Words neighbours(__m128i bytes) {
  const __m256i order =
      _mm256_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7, 5, 6, 7, 8, 6, 7, 8, 9, 7, 8, 9, 10);
  return reinterpret_cast<Words>(_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), order));
}

GDWS_INLINE Words dot(Words sum, Words bytes, Words weights) {
  asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(bytes), "x"(weights));
  return sum;
}
#else
GDWS_INLINE Words dot(Words sum, Words words, Words weights) {
  return sum + reinterpret_cast<Words>(
                   _mm256_madd_epi16(reinterpret_cast<__m256i>(words), reinterpret_cast<__m256i>(weights)));
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

GDWS_INLINE __m256i firstLanes(int64_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int32_t>(count)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
GDWS_INLINE void storeFirst(int32_t* p, Words v, int64_t count) {
  _mm256_maskstore_epi32(p, firstLanes(count), reinterpret_cast<__m256i>(v));
}
GDWS_INLINE void storeFirst(float* p, Floats v, int64_t count) { _mm256_maskstore_ps(p, firstLanes(count), v); }

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

#else

GDWS_INLINE Words dot(Words sum, Words words, Words weights) {
#if defined(__SSE2__)
  return sum +
         reinterpret_cast<Words>(_mm_madd_epi16(reinterpret_cast<__m128i>(words), reinterpret_cast<__m128i>(weights)));
#else
  return sum + ((words << 16) >> 16) * ((weights << 16) >> 16) + (words >> 16) * (weights >> 16);
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

}  // namespace GDWS_ISA
}  // namespace gdws
