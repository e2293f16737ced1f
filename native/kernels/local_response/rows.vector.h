#pragma once

#include "kernels/vector/map.vector.h"
#include "kernels/vector/mathematics.vector.h"

namespace gdws {
namespace GDWS_ISA {

static void localResponseRow(const float* x, const float* squares, float* y, int64_t count, float scale, float beta,
                             float bias) {
  mapRow(
      y, count, [=](Vector v, Vector sum) { return v * exponential(logarithm(sum * scale + bias) * -beta); }, x,
      squares);
}

}  // namespace GDWS_ISA
}  // namespace gdws
