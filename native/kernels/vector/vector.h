// The vector type of the translation unit that includes this file, which defines
// GDWS_ISA (a namespace name) and GDWS_VECTOR_BYTES (16, 32 or 64) and is compiled for that instruction set.
// GCC and Clang vector extensions, so that one text serves every processor; a * b + c contracts to a fused
// multiply-add where there is one (-ffp-contract=fast).
// No standard C++ header may be included here or in any .vector.h: see docs/architecture.md.

#pragma once

#include <stdint.h>

namespace gdws {
namespace GDWS_ISA {

inline constexpr int lanes = GDWS_VECTOR_BYTES / 4;

typedef float Vector __attribute__((vector_size(GDWS_VECTOR_BYTES)));
typedef int32_t IntVector __attribute__((vector_size(GDWS_VECTOR_BYTES)));
typedef float UnalignedVector __attribute__((vector_size(GDWS_VECTOR_BYTES), aligned(4), may_alias));

#define GDWS_INLINE static inline __attribute__((always_inline))

GDWS_INLINE Vector load(const float* p) { return *reinterpret_cast<const UnalignedVector*>(p); }
GDWS_INLINE void store(float* p, Vector v) { *reinterpret_cast<UnalignedVector*>(p) = v; }
GDWS_INLINE Vector broadcast(float x) { return x - Vector{}; }
GDWS_INLINE Vector minimum(Vector a, Vector b) { return a < b ? a : b; }
GDWS_INLINE Vector maximum(Vector a, Vector b) { return a > b ? a : b; }

}  // namespace GDWS_ISA
}  // namespace gdws
