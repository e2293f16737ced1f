// Bytes to vectors of integers and back, in blocks of as many bytes as a vector has.
#pragma once

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

#include "kernels/vector/lines.vector.h"
#include "kernels/vector/mathematics.vector.h"

namespace gdws {
namespace GDWS_ISA {

/// Bytes, or numbers, that are worked on at once.
inline constexpr int block = 4 * lanes;

typedef int16_t ShortVector __attribute__((vector_size(GDWS_VECTOR_BYTES)));
typedef char CharVector __attribute__((vector_size(GDWS_VECTOR_BYTES)));
typedef uint8_t ByteVector __attribute__((vector_size(GDWS_VECTOR_BYTES)));
typedef uint8_t UnalignedByteVector __attribute__((vector_size(GDWS_VECTOR_BYTES), aligned(1), may_alias));
typedef int32_t UnalignedIntVector __attribute__((vector_size(GDWS_VECTOR_BYTES), aligned(4), may_alias));

GDWS_INLINE void storeBytes(uint8_t* p, ByteVector v) { *reinterpret_cast<UnalignedByteVector*>(p) = v; }
GDWS_INLINE ByteVector broadcastByte(int32_t x) { return static_cast<uint8_t>(x) - ByteVector{}; }

template <class Byte>
struct PartOf {
  typedef Byte Type __attribute__((vector_size(lanes)));
};

/// As many bytes as a vector has lanes. GCC 12 would make scalar code of a conversion of vectors here.
template <class Byte>
GDWS_INLINE IntVector loadInts(const Byte* p) {
  typename PartOf<Byte>::Type part;
  __builtin_memcpy(&part, p, sizeof part);
#if defined(__clang__)
  return __builtin_convertvector(part, IntVector);
#else
  typedef char Chars __attribute__((vector_size(16)));
  constexpr bool isSigned = static_cast<Byte>(-1) < 0;
#if GDWS_VECTOR_BYTES == 64
  const auto chars = (Chars)part;
  return isSigned ? __builtin_ia32_pmovsxbd512_mask(chars, IntVector{}, 0xffff)
                  : __builtin_ia32_pmovzxbd512_mask(chars, IntVector{}, 0xffff);
#elif GDWS_VECTOR_BYTES == 32
  typedef long long Longs __attribute__((vector_size(16)));
  const auto chars = (Chars)Longs{(long long)part, 0};
  return isSigned ? __builtin_ia32_pmovsxbd256(chars) : __builtin_ia32_pmovzxbd256(chars);
#else
  // Each byte four times, of which the shift leaves the last.
  typedef int16_t Shorts __attribute__((vector_size(16)));
  const auto chars = (Chars)IntVector{(int32_t)part, 0, 0, 0};
  const auto two = (Shorts)GDWS_SHUFFLE(Chars, chars, chars, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const auto four = (IntVector)GDWS_SHUFFLE(Shorts, two, two, 0, 8, 1, 9, 2, 10, 3, 11);
  return isSigned ? four >> 24 : (IntVector)((BitVector)four >> 24);
#endif
#endif
}
GDWS_INLINE IntVector loadInts(const int32_t* p) { return *reinterpret_cast<const UnalignedIntVector*>(p); }

GDWS_INLINE Vector floatsOf(IntVector x) { return __builtin_convertvector(x, Vector); }

/// x, rounded: what comes after is not contracted with the product that x may be.
GDWS_INLINE Vector rounded(Vector x) {
#if defined(__x86_64__)
  asm("" : "+x"(x));
#elif defined(__aarch64__)
  asm("" : "+w"(x));
#endif
  return x;
}

#if GDWS_VECTOR_BYTES > 16 || defined(__aarch64__)
/// a·b + c, rounded once. In assembly: whether compilers contract depends on how much they optimise.
GDWS_INLINE Vector fused(Vector a, Vector b, Vector c) {
#if defined(__aarch64__)
  asm("fmla %0.4s, %1.4s, %2.4s" : "+w"(c) : "w"(a), "w"(b));
  return c;
#else
  asm("vfmadd213ps %2, %1, %0" : "+v"(a) : "v"(b), "v"(c));
  return a;
#endif
}
#endif

/// x, of less than 2^22, to the nearest integer, half to even, plus `offset`.
GDWS_INLINE IntVector roundedInts(Vector x, IntVector offset) {
  // Adding 1.5·2^23 leaves the nearest integer in the low bits.
  const Vector magic = broadcast(0x1.8p23f);
  return bits(rounded(x) + magic) - (bits(magic) - offset);
}

/// Four vectors in a row, limited to 0..255.
GDWS_INLINE ByteVector packed(IntVector a, IntVector b, IntVector c, IntVector d) {
#if defined(__x86_64__)
#if GDWS_VECTOR_BYTES == 64
#if defined(__clang__)
  const ShortVector ab = (ShortVector)__builtin_ia32_packssdw512(a, b);
  const ShortVector cd = (ShortVector)__builtin_ia32_packssdw512(c, d);
  const IntVector bytes = (IntVector)__builtin_ia32_packuswb512(ab, cd);
#else
  const ShortVector ab = __builtin_ia32_packssdw512_mask(a, b, ShortVector{}, ~uint32_t{0});
  const ShortVector cd = __builtin_ia32_packssdw512_mask(c, d, ShortVector{}, ~uint32_t{0});
  const IntVector bytes = (IntVector)__builtin_ia32_packuswb512_mask(ab, cd, CharVector{}, ~uint64_t{0});
#endif
  return (ByteVector)GDWS_SHUFFLE(IntVector, bytes, bytes, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
#elif GDWS_VECTOR_BYTES == 32
  const IntVector bytes = (IntVector)__builtin_ia32_packuswb256((ShortVector)__builtin_ia32_packssdw256(a, b),
                                                                (ShortVector)__builtin_ia32_packssdw256(c, d));
  return (ByteVector)GDWS_SHUFFLE(IntVector, bytes, bytes, 0, 4, 1, 5, 2, 6, 3, 7);
#else
  return (ByteVector)__builtin_ia32_packuswb128((ShortVector)__builtin_ia32_packssdw128(a, b),
                                                (ShortVector)__builtin_ia32_packssdw128(c, d));
#endif
#elif defined(__wasm_simd128__)
  return (ByteVector)wasm_u8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(a, b), wasm_i16x8_narrow_i32x4(c, d));
#else
  ByteVector result;
  const IntVector all[4] = {a, b, c, d};
  for (int k = 0; k < 4; ++k) {
    const IntVector positive = all[k] > 0 ? all[k] : IntVector{};
    const IntVector limited = positive < 255 ? positive : broadcastInt(255);
    const auto part = __builtin_convertvector(limited, typename PartOf<uint8_t>::Type);
    for (int i = 0; i < lanes; ++i) result[k * lanes + i] = part[i];
  }
  return result;
#endif
}

/// Elements of a block.
template <class Element>
struct Block {
  Element at[block];
};

#if GDWS_VECTOR_BYTES == 64
#if defined(__clang__)
typedef CharVector MaskedChars;
#else
typedef char MaskedChars;
#endif

GDWS_INLINE uint64_t maskOfFirst(int64_t count) { return ~uint64_t{0} >> (block - count); }
#endif

/// The first `count` elements at x, of which there are at least 1 and fewer than in a block; the others are 0.
template <class Element>
GDWS_INLINE Block<Element> blockOf(const Element* x, int64_t count) {
  Block<Element> result = {};
#if GDWS_VECTOR_BYTES == 64
  if constexpr (sizeof(Element) == 1) {
    const auto* from = reinterpret_cast<const MaskedChars*>(x);
    const auto chars = __builtin_ia32_loaddquqi512_mask(from, CharVector{}, maskOfFirst(count));
    __builtin_memcpy(result.at, &chars, block);
    return result;
  }
#endif
  for (int64_t i = 0; i < count; ++i) result.at[i] = x[i];
  return result;
}

template <class Element>
GDWS_INLINE void storeFirstOf(Block<Element> elements, Element* y, int64_t count) {
#if GDWS_VECTOR_BYTES == 64
  if constexpr (sizeof(Element) == 1) {
    CharVector chars;
    __builtin_memcpy(&chars, elements.at, block);
    __builtin_ia32_storedquqi512_mask(reinterpret_cast<MaskedChars*>(y), chars, maskOfFirst(count));
    return;
  }
#endif
  for (int64_t i = 0; i < count; ++i) y[i] = elements.at[i];
}

template <class Element>
GDWS_INLINE Block<Element> blockOf(const Element* x) {
  Block<Element> result;
  __builtin_memcpy(result.at, x, sizeof result.at);
  return result;
}

/// Calls `work(to, from…)` for each block of rows of `count` elements. y may be one of the rows: the last block, which
/// overlaps the one before it, is read before anything is written.
template <class To, class Work, class... From>
GDWS_INLINE void forEachBlock(To* y, int64_t count, Work work, const From*... x) {
  const auto onCopies = [&](To* to, const Block<From>&... from) { work(to, from.at...); };
  if (count < block) {
    if (count <= 0) return;
    Block<To> to;
    onCopies(to.at, blockOf(x, count)...);
    storeFirstOf(to, y, count);
    return;
  }
  const auto blocks = [&](const Block<From>&... last) {
    for (int64_t i = 0; i < count - block; i += block) work(y + i, (x + i)...);
    onCopies(y + count - block, last...);
  };
  blocks(blockOf(x + count - block)...);
}

}  // namespace GDWS_ISA
}  // namespace gdws
