/** Where the results of one axis lie in its source: result i around `start + (i + 0.5) · scale`, in pixels from the edge. */
export interface Axis {
  readonly start: number;
  readonly scale: number;
  /** Number of results. */
  readonly count: number;
}

/** Rows of pixels, whose channels lie side by side: (height, width, channels). */
export interface Raster<Pixels extends Uint8Array | Float32Array = Uint8Array> {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly pixels: Pixels;
}

/**
 * Resizes a raster by the triangle filter: linear interpolation, or where it gets smaller the weighted mean of all pixels within one
 * new pixel's distance (antialiasing). Bytes are rounded after each axis, x before y, halves upwards. These are the numbers of
 * Pillow's `BILINEAR`, which torchvision's `Resize` takes; results whose centre is outside the source are 0.
 */
export function resample<Pixels extends Uint8Array | Float32Array>(
  { width, height, channels, pixels }: Raster<Pixels>,
  x: Axis,
  y: Axis,
): Raster<Pixels> {
  const rows = tapsOf(y, height);
  // Rows that no result needs are left out.
  const read = rows.filter(({ weights }) => weights.length > 0);
  const begin = read[0]?.first ?? 0;
  const end = read.reduce((last, { first, weights }) => Math.max(last, first + weights.length), begin);
  const needed = pixels.subarray(begin * width * channels, end * width * channels) as Pixels;
  const narrow = alongAxis(needed, { outer: end - begin, length: width, inner: channels }, tapsOf(x, width));
  const result = alongAxis(
    narrow,
    { outer: 1, length: end - begin, inner: x.count * channels },
    rows.map(({ first, weights }) => ({ first: first - begin, weights })),
  );
  return { width: x.count, height: y.count, channels, pixels: result };
}

/** An array as (outer, length, inner). */
interface Extents {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

function alongAxis<Pixels extends Uint8Array | Float32Array>(
  source: Pixels,
  { outer, length, inner }: Extents,
  taps: readonly Taps[],
): Pixels {
  const isRounded = source instanceof Uint8Array;
  const result = new (isRounded ? Uint8Array : Float32Array)(outer * taps.length * inner) as Pixels;
  const sums = new Float64Array(inner);
  let to = 0;
  for (let row = 0; row < outer; row++) {
    for (const { first, weights } of taps) {
      sums.fill(isRounded ? 0.5 : 0);
      let from = (row * length + first) * inner;
      for (const weight of weights) for (let i = 0; i < inner; i++) sums[i]! += weight * source[from++]!;
      // Storing into bytes cuts off.
      for (let i = 0; i < inner; i++) result[to++] = sums[i]!;
    }
  }
  return result;
}

/** The pixels that a result is the weighted mean of; none outside. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Weights are multiples of 1/2²², as Pillow's: sums of bytes are exact, so that halves are rounded alike. */
const weightUnit = 2 ** 22;

function tapsOf({ start, scale, count }: Axis, length: number): Taps[] {
  const reach = Math.max(scale, 1);
  return Array.from({ length: count }, (_, result) => {
    const centre = start + (result + 0.5) * scale;
    if (centre < 0 || centre > length) return { first: 0, weights: new Float64Array() };
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(length, Math.floor(centre + reach + 0.5));
    const heights = Array.from({ length: end - first }, (_, tap) =>
      Math.max(0, 1 - Math.abs(first + tap + 0.5 - centre) / reach),
    );
    const sum = heights.reduce((total, height) => total + height, 0);
    const weights = heights.map((height) => Math.round((height / sum) * weightUnit) / weightUnit);
    // 0 times infinity is no number.
    const begin = weights.findIndex((weight) => weight > 0);
    const kept = weights.slice(begin, weights.findLastIndex((weight) => weight > 0) + 1);
    return { first: first + begin, weights: Float64Array.from(kept) };
  });
}
