#pragma once

#include "kernels/vector/activation.vector.h"
#include "kernels/vector/map.vector.h"

namespace gdws {
namespace GDWS_ISA {

template <Activation activation>
void scaleShiftRow(const float* x, float* y, int64_t count, float scale, float shift, float a, float b) {
  const Vector first = broadcast(a);
  const Vector second = broadcast(b);
  mapRow(
      y, count, [=](Vector v) { return activateVector(v * scale + shift, activation, first, second); }, x);
}

template <Activation activation>
void scaleShiftRows(const float* x, const float* scale, const float* shift, float* y, int64_t count, float a, float b) {
  const Vector first = broadcast(a);
  const Vector second = broadcast(b);
  mapRow(
      y, count, [=](Vector v, Vector s, Vector t) { return activateVector(v * s + t, activation, first, second); }, x,
      scale, shift);
}

}  // namespace GDWS_ISA
}  // namespace gdws
