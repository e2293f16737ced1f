import { GdwsError } from '../base/errors';
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from '../onnx/float16';
import type { NumberArray } from '../onnx/value';
import { datatypes, type Datatype } from './datatypes';
import type { Json } from './messages';

/** What JSON has no numbers for, as Protobuf's JSON mapping writes it. */
const nonFinite: ReadonlyMap<Json, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

/** Limits of integers, each exact. */
const ranges: Readonly<Partial<Record<Datatype, readonly [bigint, bigint]>>> = {
  UINT8: [0n, 2n ** 8n - 1n],
  UINT16: [0n, 2n ** 16n - 1n],
  UINT32: [0n, 2n ** 32n - 1n],
  UINT64: [0n, 2n ** 64n - 1n],
  INT8: [-(2n ** 7n), 2n ** 7n - 1n],
  INT16: [-(2n ** 15n), 2n ** 15n - 1n],
  INT32: [-(2n ** 31n), 2n ** 31n - 1n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
};

/**
 * The elements of a tensor from JSON: one list of all, in row-major order, or lists within each other, as the shape says.
 *
 * @throws GdwsError ARGUMENT_INVALID where an element is not of the datatype; SHAPE_MISMATCH
 */
export function elementsFromJson(datatype: Datatype, shape: readonly number[], data: Json, name: string): NumberArray {
  const place = { tensor: name, shape };
  const count = shape.reduce((product, dim) => product * dim, 1);
  const flat = flattened(data, shape, count);
  if (flat === undefined) {
    throw new GdwsError('SHAPE_MISMATCH', 'the data are not as many as the shape says, or nested otherwise.', {
      ...place,
      remedy: 'Give one list of all elements, or lists within each other.',
    });
  }
  const toElement = elementOf(datatype);
  const elements = emptyOf(datatype, count);
  for (let at = 0; at < count; at++) {
    const element = toElement(flat[at]!);
    if (element === undefined)
      throw new GdwsError('ARGUMENT_INVALID', `element ${at} is no ${datatype}.`, { ...place });
    elements[at] = element;
  }
  if (elements instanceof Float32Array && datatype === 'FP16') return float32ToFloat16(elements);
  if (elements instanceof Float32Array && datatype === 'BF16') return float32ToBfloat16(elements);
  return elements as NumberArray;
}

function emptyOf(datatype: Datatype, count: number): { [at: number]: number | bigint } {
  // Halves are rounded from single precision.
  if (datatype === 'FP16' || datatype === 'BF16') return new Float32Array(count);
  const { array, bytes } = datatypes[datatype];
  return new array(new ArrayBuffer(count * bytes));
}

/** All elements in order; undefined where they do not fit the shape. */
function flattened(data: Json, shape: readonly number[], count: number): readonly Json[] | undefined {
  if (!Array.isArray(data)) return shape.length === 0 ? [data] : undefined;
  if (!Array.isArray(data[0])) return data.length === count ? data : undefined;
  let level: Json[] = data;
  for (const [axis, dim] of shape.entries()) {
    const lists: Json[][] = axis === 0 ? [level] : (level as Json[][]);
    if (!lists.every((list) => Array.isArray(list) && list.length === dim)) return undefined;
    if (axis > 0) level = lists.flat(1);
  }
  return level;
}

/** What makes an element of a value of JSON; undefined where it is none. */
function elementOf(datatype: Datatype): (value: Json) => number | bigint | undefined {
  if (datatype === 'BOOL') {
    return (value) => (value === true || value === 1 ? 1 : value === false || value === 0 ? 0 : undefined);
  }
  const range = ranges[datatype];
  if (range === undefined) {
    return (value) =>
      typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : nonFinite.get(value);
  }
  const is64 = datatypes[datatype].bytes === 8;
  const [least, most] = range.map(Number) as [number, number];
  if (!is64)
    return (value) =>
      Number.isInteger(value) && inRange(value as number, least, most) ? (value as number) : undefined;
  return (value) => {
    if (typeof value === 'number' ? !Number.isSafeInteger(value) : typeof value !== 'bigint') return undefined;
    const exact = BigInt(value as number | bigint);
    return exact >= range[0] && exact <= range[1] ? exact : undefined;
  };
}

function inRange(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

/** Elements as a list in JSON: integers with all digits, and what JSON has no numbers for as "NaN", "Infinity", "-Infinity". */
export function elementsToJson(datatype: Datatype, elements: NumberArray): string {
  if (datatype === 'BOOL') return `[${Array.from(elements as Uint8Array, (element) => element !== 0).join(',')}]`;
  if (datatype === 'FP16') return floatsToJson(float16ToFloat32(elements as Uint16Array));
  if (datatype === 'BF16') return floatsToJson(bfloat16ToFloat32(elements as Uint16Array));
  if (elements instanceof Float32Array || elements instanceof Float64Array) return floatsToJson(elements);
  return `[${elements.join(',')}]`;
}

function floatsToJson(elements: Float32Array | Float64Array): string {
  if (elements.every((element) => Number.isFinite(element) && !Object.is(element, -0)))
    return `[${elements.join(',')}]`;
  return `[${Array.from(elements, floatToJson).join(',')}]`;
}

function floatToJson(element: number): string {
  if (Object.is(element, -0)) return '-0';
  return Number.isFinite(element) ? String(element) : `"${element}"`;
}
