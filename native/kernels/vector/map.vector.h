// Functions of vectors applied along rows of any length.
#pragma once

#include "kernels/vector/vector.h"

namespace gdws {
namespace GDWS_ISA {

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
