#pragma once

#include "kernels/reduce/folds.vector.h"

namespace gdws {
namespace GDWS_ISA {

static double sumDeviations(const float* x, int64_t count, float centre) {
  return sumBlocks<Fold::sum>(x, count, [=](Vector v) { return v - centre; });
}

static double sumSquaredDeviations(const float* x, int64_t count, float centre) {
  return sumBlocks<Fold::sumSquare>(x, count, [=](Vector v) { return v - centre; });
}

static void standardizeRow(const float* x, float* y, int64_t count, float centre, float scale, float shift) {
  mapRow(
      y, count, [=](Vector v) { return (v - centre) * scale + shift; }, x);
}

}  // namespace GDWS_ISA
}  // namespace gdws
