import { roundHalfToEven } from '../base/rounding';

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The value of each IEEE 754 half-precision bit pattern. */
const halfTable = Float32Array.from({ length: 1 << 16 }, (_, half) => {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -14 * (fraction / 1024);
});

/**
 * Widens half-precision bit patterns; exact.
 *
 * @param values where to, of the same length
 */
export function float16ToFloat32(halves: Uint16Array, values = new Float32Array(halves.length)): Float32Array {
  // A loop, since `from` with a function is about twenty times as slow.
  for (let i = 0; i < halves.length; ++i) values[i] = halfTable[halves[i]!]!;
  return values;
}

/** Rounds to half precision, ties to even; beyond its range to infinity. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; ++i) halves[i] = toHalf(values[i]!);
  return halves;
}

function toHalf(value: number): number {
  float[0] = value;
  const word = bits[0]!;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude < 0x38800000) return sign | roundHalfToEven(Math.abs(value) * 2 ** 24);
  // A carry out of the fraction raises the exponent, which is the right result, up to infinity.
  const rounded = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
  return sign | rounded;
}

/**
 * Widens bfloat16 bit patterns; exact.
 *
 * @param values where to, of the same length
 */
export function bfloat16ToFloat32(patterns: Uint16Array, values = new Float32Array(patterns.length)): Float32Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < patterns.length; ++i) words[i] = patterns[i]! << 16;
  return values;
}

/** Rounds to bfloat16, ties to even. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const patterns = new Uint16Array(values.length);
  for (let i = 0; i < values.length; ++i) patterns[i] = toBfloat(values[i]!);
  return patterns;
}

function toBfloat(value: number): number {
  float[0] = value;
  const word = bits[0]!;
  return Number.isNaN(value) ? 0x7fc0 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}
