// The vector type of the translation unit that includes this file, which defines
// GDWS_ISA (a namespace name) and GDWS_VECTOR_BYTES (16, 32 or 64) and is compiled for that instruction set.
// GCC and Clang vector extensions, so that the code is the same for every processor; a * b + c contracts to a fused
// multiply-add where there is one (-ffp-contract=fast).
// No standard C++ header may be included here or in any .vector.h: see docs/architecture.md.

#pragma once

#include <stdint.h>

namespace gdws {
namespace GDWS_ISA {

inline constexpr int lanes = GDWS_VECTOR_BYTES / 4;

typedef float Vector __attribute__((vector_size(GDWS_VECTOR_BYTES)));
typedef int32_t IntVector __attribute__((vector_size(GDWS_VECTOR_BYTES)));
/// Bits of lanes, in which differences wrap.
typedef uint32_t BitVector __attribute__((vector_size(GDWS_VECTOR_BYTES)));
typedef float UnalignedVector __attribute__((vector_size(GDWS_VECTOR_BYTES), aligned(4), may_alias));

#define GDWS_INLINE static inline __attribute__((always_inline))

GDWS_INLINE Vector load(const float* p) { return *reinterpret_cast<const UnalignedVector*>(p); }
GDWS_INLINE void store(float* p, Vector v) { *reinterpret_cast<UnalignedVector*>(p) = v; }
GDWS_INLINE Vector broadcast(float x) { return x - Vector{}; }
GDWS_INLINE Vector minimum(Vector a, Vector b) { return a < b ? a : b; }
GDWS_INLINE Vector maximum(Vector a, Vector b) { return a > b ? a : b; }

/// 0, 1, 2, …
GDWS_INLINE IntVector laneNumbers() {
#if GDWS_VECTOR_BYTES == 64
  return IntVector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#elif GDWS_VECTOR_BYTES == 32
  return IntVector{0, 1, 2, 3, 4, 5, 6, 7};
#else
  return IntVector{0, 1, 2, 3};
#endif
}

// Rows are often shorter than the wide vectors, for which there are masked loads and stores.

/// The first `count` < lanes elements at p; the other lanes are 0.
GDWS_INLINE Vector loadFirst(const float* p, int64_t count) {
#if GDWS_VECTOR_BYTES == 64
  return __builtin_ia32_loadups512_mask(p, Vector{}, static_cast<uint16_t>((1u << count) - 1));
#elif GDWS_VECTOR_BYTES == 32
  return __builtin_ia32_maskloadps256(reinterpret_cast<const Vector*>(p), laneNumbers() < static_cast<int32_t>(count));
#else
  float elements[lanes] = {};
  for (int64_t i = 0; i < count; ++i) elements[i] = p[i];
  return load(elements);
#endif
}

/// Stores the first `count` < lanes elements.
GDWS_INLINE void storeFirst(float* p, Vector v, int64_t count) {
#if GDWS_VECTOR_BYTES == 64
  __builtin_ia32_storeups512_mask(p, v, static_cast<uint16_t>((1u << count) - 1));
#elif GDWS_VECTOR_BYTES == 32
  __builtin_ia32_maskstoreps256(reinterpret_cast<Vector*>(p), laneNumbers() < static_cast<int32_t>(count), v);
#else
  float elements[lanes];
  store(elements, v);
  for (int64_t i = 0; i < count; ++i) p[i] = elements[i];
#endif
}

}  // namespace GDWS_ISA
}  // namespace gdws
