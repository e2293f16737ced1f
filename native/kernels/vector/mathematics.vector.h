// Elementary functions of vectors. Polynomials are minimax fits made for this file by iteratively reweighted least
// squares; reductions of the argument are those of Cody and Waite, Software Manual for the Elementary Functions (1980).
// Bounds are relative errors against the exact function, over all floats, as test/native/unary.cpp tests them.
#pragma once

#include "kernels/vector/vector.h"

namespace gdws {
namespace GDWS_ISA {

inline constexpr float infinity = __builtin_inff();

GDWS_INLINE IntVector bits(Vector x) { return reinterpret_cast<IntVector>(x); }
GDWS_INLINE Vector fromBits(IntVector x) { return reinterpret_cast<Vector>(x); }
GDWS_INLINE IntVector broadcastInt(int32_t x) { return x - IntVector{}; }
GDWS_INLINE Vector absolute(Vector x) { return fromBits(bits(x) & 0x7fffffff); }
GDWS_INLINE Vector withSignOf(Vector magnitude, Vector sign) {
  return fromBits((bits(magnitude) & 0x7fffffff) | (bits(sign) & broadcastInt(INT32_MIN)));
}

/// c[0] + c[1]·x + c[2]·x² + …, by Horner's rule.
template <int terms>
GDWS_INLINE Vector polynomial(Vector x, const float (&c)[terms]) {
  Vector sum = broadcast(c[terms - 1]);
#pragma GCC unroll 16
  for (int i = terms - 2; i >= 0; --i) sum = sum * x + c[i];
  return sum;
}

/// Nearest integer, half to even.
GDWS_INLINE Vector roundToEven(Vector x) {
  const Vector magnitude = absolute(x);
  const Vector rounded = magnitude + 0x1p23f - 0x1p23f;
  return magnitude < 0x1p23f ? withSignOf(rounded, x) : x;
}

GDWS_INLINE Vector roundDown(Vector x) {
  const Vector rounded = roundToEven(x);
  return rounded > x ? rounded - 1.0f : rounded;
}

GDWS_INLINE Vector roundUp(Vector x) {
  const Vector rounded = roundToEven(x);
  return rounded < x ? withSignOf(rounded + 1.0f, x) : rounded;
}

GDWS_INLINE Vector squareRoot(Vector x) {
  Vector root;
#pragma GCC unroll 16
  for (int i = 0; i < lanes; ++i) root[i] = __builtin_sqrtf(x[i]);
  return root;
}

/// e^x = 2^k·e^r with |r| ≤ ln2 / 2, e^r = 1 + r + r²·p(r). Within 2 ulp, subnormal results included.
GDWS_INLINE Vector exponential(Vector x) {
  // Beyond these all results are inf or 0. Where x is NaN, both give it back.
  x = minimum(broadcast(89.0f), maximum(broadcast(-104.0f), x));
  // Adding 1.5·2^23 leaves the nearest integer in the low bits.
  const Vector magic = broadcast(0x1.8p23f);
  const Vector shifted = x * 1.44269504f + magic;
  const IntVector k = bits(shifted) - bits(magic);
  const Vector n = shifted - magic;
  const Vector r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  const Vector p = polynomial(r, {0.5f, 0.166666657f, 0.0416662917f, 0.00833349861f, 0.00139449432f, 0.000197900663f});
  const Vector power = (r * r * p + r) + 1.0f;
  // 2^k alone may be no normal float where the product is one.
  const IntVector half = k >> 1;
  return power * fromBits((half + 127) << 23) * fromBits((k - half + 127) << 23);
}

/// e^x - 1 without the loss of digits near 0. Relative error below 2e-7.
GDWS_INLINE Vector exponentialLessOne(Vector x) {
  const Vector p =
      polynomial(x, {0.50000006f, 0.166666642f, 0.0416653603f, 0.00833357871f, 0.00139961776f, 0.000198498077f});
  return absolute(x) < 0.5f ? x * x * p + x : exponential(x) - 1.0f;
}

/// x = 2^n·(1 + f) with 1 + f in [√½, √2), log(1 + f) = f - f²/2 + f³·p(f). Within 2 ulp, for subnormal x too.
GDWS_INLINE Vector logarithm(Vector x) {
  const IntVector subnormal = x < 0x1p-126f;
  const Vector scaled = subnormal ? x * 0x1p23f : x;
  // Unsigned, since bits of negative x wrap; their results are not used.
  const IntVector exponent = (IntVector)((BitVector)bits(scaled) - 0x3f3504f3u) >> 23;
  const Vector f = fromBits((IntVector)((BitVector)bits(scaled) - (BitVector)(exponent << 23))) - 1.0f;
  const Vector n = __builtin_convertvector(exponent + (subnormal & -23), Vector);
  const Vector p = polynomial(f, {0.333333135f, -0.250000089f, 0.200021192f, -0.166679963f, 0.142195508f, -0.124055915f,
                                  0.118881747f, -0.116756409f, 0.0674660131f});
  const Vector square = f * f;
  const Vector tail = (square * f * p - n * 2.12194440e-4f) - square * 0.5f;
  const Vector result = (tail + f) + n * 0.693359375f;
  // Infinity and NaN are their own logarithms.
  const Vector finite = x < infinity ? result : x;
  return x > 0 ? finite : x < 0 ? broadcast(__builtin_nanf("")) : x == 0 ? broadcast(-infinity) : x;
}

/// log(1 + x) for x in [0, 1]: the rounding of 1 + x is undone as W. Kahan does. Relative error below 2e-7.
GDWS_INLINE Vector logarithmOfOnePlus(Vector x) {
  const Vector sum = x + 1.0f;
  const Vector rounded = sum - 1.0f;
  return rounded == 0 ? x : logarithm(sum) * (x / rounded);
}

/// Relative error below 2e-7.
GDWS_INLINE Vector hyperbolicTangent(Vector x) {
  const Vector square = x * x;
  const Vector p = polynomial(square, {-0.333332837f, 0.133314908f, -0.0537434965f, 0.0206505787f, -0.00571703678f});
  const Vector large = 1.0f - 2.0f / (exponential(absolute(x) * 2.0f) + 1.0f);
  return absolute(x) < 0.625f ? square * x * p + x : withSignOf(large, x);
}

/// 1 / (1 + e^-x), from e^-|x| so that neither end loses digits. Relative error below 2e-7, as long as the result is a
/// normal float.
GDWS_INLINE Vector logistic(Vector x) {
  const Vector e = exponential(-absolute(x));
  return (x >= 0 ? broadcast(1.0f) : e) / (e + 1.0f);
}

/// erf(x) for |x| ≤ 0.875.
GDWS_INLINE Vector smallErrorFunction(Vector x) {
  return x * polynomial(x * x,
                        {0.128379166f, -0.376125515f, 0.112824552f, -0.0267914627f, 0.00503218081f, -0.000620325271f}) +
         x;
}

/// 1 - erf(x) for x ≥ 0.4375: e^(-x²)·u·p(u), u = 1 / (1 + x / 2). Relative error below 2e-5, absolute below 1e-7.
GDWS_INLINE Vector complementaryErrorFunction(Vector x) {
  const Vector u = 1.0f / (x * 0.5f + 1.0f);
  const Vector p = polynomial(u, {0.282100767f, 0.281982869f, 0.247515634f, 0.175957337f, 0.0692382455f, 0.0687029511f,
                                  -0.214020774f, 0.0889965817f});
  return exponential(-(x * x)) * u * p;
}

/// Relative error below 2e-7.
GDWS_INLINE Vector errorFunction(Vector x) {
  const Vector magnitude = absolute(x);
  const Vector large = 1.0f - complementaryErrorFunction(magnitude);
  return magnitude < 0.875f ? smallErrorFunction(x) : withSignOf(large, x);
}

/// The normal distribution function (1 + erf(x / √2)) / 2. Absolute error below 1e-7.
GDWS_INLINE Vector normalDistribution(Vector x) {
  const Vector t = x * 0.707106781f;
  const Vector magnitude = absolute(t);
  const Vector tail = complementaryErrorFunction(magnitude) * 0.5f;
  const Vector large = t < 0 ? tail : 1.0f - tail;
  return magnitude < 0.875f ? smallErrorFunction(t) * 0.5f + 0.5f : large;
}

}  // namespace GDWS_ISA
}  // namespace gdws
