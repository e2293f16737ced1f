// Functions of vectors applied along rows of any length.
#pragma once

#include "kernels/vector/vector.h"

namespace gdws {
namespace GDWS_ISA {

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

// Rows are often shorter than the wide vectors, which have masks for it.

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

/// One float as every vector of a row.
struct Scalar {
  Vector value;
};

GDWS_INLINE Vector loadAt(const float* x, int64_t i) { return load(x + i); }
GDWS_INLINE Vector loadAt(Scalar x, int64_t) { return x.value; }
GDWS_INLINE Vector loadFirstOf(const float* x, int64_t count) { return loadFirst(x, count); }
GDWS_INLINE Vector loadFirstOf(Scalar x, int64_t) { return x.value; }

/// y[i] = f(x[i]…) for rows or scalars x. y may be one of the rows: the last vector, which overlaps the one before it,
/// is computed before anything is written.
template <class Function, class... Rows>
GDWS_INLINE void mapRow(float* y, int64_t count, Function f, Rows... x) {
  if (count < lanes) {
    if (count > 0) storeFirst(y, f(loadFirstOf(x, count)...), count);
    return;
  }
  const int64_t last = count - lanes;
  const Vector end = f(loadAt(x, last)...);
  for (int64_t i = 0; i < last; i += lanes) store(y + i, f(loadAt(x, i)...));
  store(y + last, end);
}

}  // namespace GDWS_ISA
}  // namespace gdws
