// Sources of the elements of a resized axis. https://onnx.ai/onnx/operators/onnx__Resize.html
// Coordinates are rounded to float32 where onnxruntime rounds them: at a tie the nearest element depends on it.

export const coordinateModes = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_half_pixel_for_nn',
  'tf_crop_and_resize',
] as const;
export type CoordinateMode = (typeof coordinateModes)[number];

export const nearestModes = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil', 'simple'] as const;
/** `simple` is the mode of operator set 10: floor, but ceil when shrinking. */
export type NearestMode = (typeof nearestModes)[number];

/** One axis to resize. */
export interface ResizedAxis {
  readonly input: number;
  readonly output: number;
  readonly scale: number;
  /** The part of the axis to resize, in [0, 1], for tf_crop_and_resize. */
  readonly start: number;
  readonly end: number;
}

const f = Math.fround;

/** The fractional index in the input of element `x` of the output. */
export function coordinate(mode: CoordinateMode, axis: ResizedAxis, x: number): number {
  const { input, output, start, end } = axis;
  const scale = f(axis.scale);
  const halfPixel = () => f(f(f(x + 0.5) / scale) - 0.5);
  switch (mode) {
    case 'half_pixel':
      return halfPixel();
    case 'half_pixel_symmetric': {
      const adjustment = f(output / f(scale * input));
      const offset = f(f(input / 2) * f(1 - adjustment));
      return f(offset + (x + 0.5) / scale - 0.5);
    }
    case 'pytorch_half_pixel':
      return output > 1 ? halfPixel() : 0;
    case 'align_corners':
      return output > 1 ? f(f(x * (input - 1)) / (output - 1)) : 0;
    case 'asymmetric':
      return f(x / scale);
    case 'tf_half_pixel_for_nn':
      return f(f(x + 0.5) / scale);
    case 'tf_crop_and_resize':
      return output > 1
        ? f(f(f(start) * (input - 1)) + f(f(f(x * f(f(end) - f(start))) * (input - 1)) / (output - 1)))
        : f(f(0.5 * f(f(start) + f(end))) * (input - 1));
  }
}

/** Coordinates of all elements of the output. */
export function coordinates(mode: CoordinateMode, axis: ResizedAxis): Float64Array {
  return new Float64Array(axis.output).map((_, x) => coordinate(mode, axis, x));
}

/** The outputs [from, to) whose coordinates lie on the input; the others take the extrapolation value. */
export function inside(places: Float64Array, input: number): [from: number, to: number] {
  const on = (x: number) => x >= 0 && x <= input - 1;
  const from = places.findIndex(on);
  return from < 0 ? [0, 0] : [from, places.findLastIndex(on) + 1];
}

/** Index of the nearest input element of each coordinate. */
export function nearestTable(places: Float64Array, axis: ResizedAxis, mode: NearestMode): Int32Array {
  const table = new Int32Array(places.length);
  places.forEach((x, o) => (table[o] = clamp(nearest(x, axis, mode), 0, axis.input - 1)));
  return table;
}

function nearest(x: number, { scale }: ResizedAxis, mode: NearestMode): number {
  switch (mode) {
    case 'floor':
      return Math.floor(x);
    case 'ceil':
      return Math.ceil(x);
    case 'simple':
      return scale < 1 ? Math.ceil(x) : Math.floor(x);
    case 'round_prefer_ceil':
      return isTie(x) ? Math.ceil(x) : Math.round(x);
    case 'round_prefer_floor':
      return isTie(x) ? Math.floor(x) : Math.round(x);
  }
}

/** Whether a coordinate lies in the middle between two elements, up to rounding errors. */
function isTie(x: number): boolean {
  return Math.abs(x - Math.floor(x) - 0.5) < 1e-6;
}

/** Weighted sources of every output element: row-major (outputs, taps). */
export interface InterpolationTable {
  readonly taps: number;
  readonly index: Int32Array;
  readonly weight: Float32Array;
}

export interface Interpolation {
  /** Half the width of the filter: 1 linear, 2 cubic. */
  readonly support: number;
  /** Weight of an element at a distance. */
  readonly filter: (distance: number) => number;
}

/** A triangle. */
export const linear: Interpolation = { support: 1, filter: (x) => Math.max(0, 1 - Math.abs(x)) };

/** Keys' cubic convolution with coefficient `a`. */
export function cubic(a: number): Interpolation {
  const filter = (x: number) => {
    const t = Math.abs(x);
    if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
  };
  return { support: 2, filter };
}

export interface TableOptions {
  /** Elements beyond the edges have no weight, and the others are renormalized; otherwise the edge is repeated. */
  readonly excludeOutside: boolean;
  /** When shrinking, widen the filter so that every input element counts. */
  readonly antialias: boolean;
}

export function interpolationTable(
  places: Float64Array,
  { input, scale }: ResizedAxis,
  { support, filter }: Interpolation,
  { excludeOutside, antialias }: TableOptions,
): InterpolationTable {
  const shrink = antialias ? Math.min(scale, 1) : 1;
  const reach = support / shrink;
  // Sources beyond an edge are merged, so that a row has at most as many as the input.
  const most = Math.max(1, Math.min(input, Math.floor(2 * reach) + 1));
  const table = {
    taps: most,
    index: new Int32Array(places.length * most),
    weight: new Float32Array(places.length * most),
  };
  const counts = new Int32Array(places.length);
  const row = new Float64Array(most);
  places.forEach((x, o) => {
    let count = 0;
    let total = 0;
    const add = (source: number, weight: number) => {
      if (count > 0 && table.index[o * most + count - 1] === source) row[count - 1]! += weight;
      else {
        table.index[o * most + count] = source;
        row[count++] = weight;
      }
      total += weight;
    };
    for (let i = Math.ceil(x - reach); i <= Math.floor(x + reach); i++) {
      const weight = filter((i - x) * shrink);
      if (weight !== 0 && !(excludeOutside && (i < 0 || i >= input))) add(clamp(i, 0, input - 1), weight);
    }
    if (count === 0) add(clamp(Math.round(x), 0, input - 1), 1);
    for (let tap = 0; tap < count; tap++) table.weight[o * most + tap] = row[tap]! / total;
    counts[o] = count;
  });
  return withoutUnused(table, counts);
}

/** The table with the taps of its longest row; shorter rows repeat their last source with weight 0. */
function withoutUnused({ taps: given, index, weight }: InterpolationTable, counts: Int32Array): InterpolationTable {
  const taps = counts.reduce((most, count) => Math.max(most, count), 1);
  const result = { taps, index: new Int32Array(counts.length * taps), weight: new Float32Array(counts.length * taps) };
  counts.forEach((count, o) => {
    for (let tap = 0; tap < taps; tap++) {
      result.index[o * taps + tap] = index[o * given + Math.min(tap, count - 1)]!;
      result.weight[o * taps + tap] = tap < count ? weight[o * given + tap]! : 0;
    }
  });
  return result;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
