import type { Tensor } from 'onnxruntime-common';
import { elementsOf } from '../engine/feeds';
import type { InputShapes } from '../engine/given-shapes';
import { internalsOf, type InferenceSession, type SessionInternals } from '../engine/session';
import { bfloat16ToFloat32, float16ToFloat32 } from '../onnx/float16';
import { isFloat } from '../onnx/floats';
import { arrayOfType, elementCount, type DataType, type NumberArray } from '../onnx/value';
import { joinRows, type Rows } from './rows';

/**
 * Whether requests of a session may run together, as rows of one batch: then each row's results must be what they are without the others,
 * to the rounding of kernels.
 *
 * What a graph says excludes most others: a leading dim that is not open; nodes whose shapes or branches depend on data; scales over a whole
 * tensor. What is left is tried: two rows of random numbers, one a hundred times as large, must give the same together as alone. Nothing is
 * known of a network that cannot be tried.
 *
 * @param shapes dims of inputs, whatever their leading one; where none are given, some usual sizes are tried for dims that are open
 */
export async function hasIndependentRows(session: InferenceSession, shapes: readonly InputShapes[]): Promise<boolean> {
  const { graph } = internalsOf(session);
  if (!mayHaveRows(graph)) return false;
  const tolerance = graph.nodes.some(({ opType }) => opType === 'QuantizeLinear') ? quantizedTolerance : floatTolerance;
  for (const shape of shapes.length > 0 ? shapes : usualShapes(graph)) {
    const [one, other] = [randomRow(graph, shape, 1, 1), randomRow(graph, shape, 100, 2)];
    let alone: Rows[];
    try {
      alone = [await session.run(one), await session.run(other)] as Rows[];
    } catch (error) {
      if (shapes.length > 0) throw error;
      continue;
    }
    let together: Rows;
    try {
      together = await session.run(joinRows([one, other], session.inputNames));
    } catch {
      return false;
    }
    // It may have turned out only now that shapes depend on data.
    if (session.hostedNodes().length > 0) return false;
    return session.outputNames.every((name) =>
      areRows(together[name]!, [alone[0]![name]!, alone[1]![name]!], tolerance),
    );
  }
  return false;
}

type Graph = SessionInternals['graph'];

/** Of the largest element: kernels for another number of rows may add up in another order. */
const floatTolerance = 1e-3;
/** Where that moves a sum across the boundary between two integers, the difference goes on as one of 255 steps. */
const quantizedTolerance = 0.02;

function mayHaveRows(graph: Graph): boolean {
  const inputs = graph.inputs.map(({ name }) => graph.declared(name)?.dims);
  const outputs = graph.outputs.map(({ name }) => graph.declared(name)?.dims);
  const isOpen = (dims: (typeof inputs)[number]) =>
    dims !== undefined && dims.length > 0 && typeof dims[0] !== 'number';
  if (inputs.length === 0 || !inputs.every(isOpen) || !outputs.every((dims) => !dims || isOpen(dims))) return false;
  // Two names mean two sizes.
  if (new Set(inputs.map((dims) => dims![0]).filter((name) => name !== undefined)).size > 1) return false;
  return !graph.nodes.some(({ opType }) => opType === 'DynamicQuantizeLinear');
}

/** Each open dim by its usual size in pictures or sequences. */
function usualShapes(graph: Graph): InputShapes[] {
  const inputs = graph.inputs.map(({ name }) => [name, graph.declared(name)!.dims!] as const);
  const isFixed = inputs.every(([, dims]) => dims.slice(1).every((dim) => typeof dim === 'number'));
  return (isFixed ? [1] : [64, 224, 16, 1]).map((size) =>
    Object.fromEntries(inputs.map(([name, dims]) => [name, dims.map((dim) => (typeof dim === 'number' ? dim : size))])),
  );
}

/** Shapes with another number of rows. */
export function withRows(shapes: InputShapes, rows: number): InputShapes {
  return Object.fromEntries(Object.entries(shapes).map(([name, dims]) => [name, [rows, ...dims.slice(1)]]));
}

/** Numbers from -size to size; of integers 0 and 1, which are likely to be valid as indices, too; bytes up to 2·size. */
function randomRow(graph: Graph, shapes: InputShapes, size: number, seed: number): Rows {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const row: Record<string, Tensor> = {};
  for (const { name } of graph.inputs) {
    const { type = 'float32', dims: declared } = graph.declared(name)!;
    const dims = [1, ...(shapes[name] ?? (declared as readonly number[])).slice(1)];
    const data = new arrayOfType[type as Exclude<DataType, 'string'>](elementCount(dims));
    for (let at = 0; at < data.length; at++) data[at] = element(type, random(), size);
    row[name] = { type, dims, data } as unknown as Tensor;
  }
  return row;
}

function element(type: DataType, share: number, size: number): never {
  switch (type) {
    case 'int64':
    case 'uint64':
      return BigInt(Math.floor(2 * share)) as never;
    case 'uint8':
    case 'int8':
      return Math.floor(2 * share * Math.min(size, 63)) as never;
    case 'float32':
    case 'float64':
      return (size * (2 * share - 1)) as never;
    // The bits of halves from 1 to 2 times a power of two.
    case 'float16':
      return ((size > 1 ? 0x5400 : 0x3c00) + Math.floor(share * 0x400)) as never;
    case 'bfloat16':
      return ((size > 1 ? 0x4280 : 0x3f80) + Math.floor(share * 0x80)) as never;
    default:
      return Math.floor(2 * share) as never;
  }
}

/** Whether a tensor has these rows. */
function areRows(together: Tensor, alone: readonly Tensor[], tolerance: number): boolean {
  if (together.dims[0] !== alone.length) return false;
  const type = together.type as DataType;
  const elements = numbersOf(together);
  const length = elements.length / alone.length;
  return alone.every((row, index) => {
    const isRow = row.dims[0] === 1 && row.dims.slice(1).every((dim, axis) => dim === together.dims[axis + 1]);
    if (!isRow) return false;
    const own = numbersOf(row);
    // Bytes may be quantized; other integers are places and counts.
    const margin = isFloat(type) || type === 'uint8' || type === 'int8' ? tolerance * largest(own) : 0;
    for (let at = 0; at < length; at++) {
      const [one, other] = [Number(elements[index * length + at]), Number(own[at])];
      if (!Object.is(one, other) && one !== other && !(Math.abs(one - other) <= margin)) return false;
    }
    return true;
  });
}

function numbersOf(tensor: Tensor): NumberArray {
  const elements = elementsOf(tensor) as NumberArray;
  if (tensor.type === 'float16') return float16ToFloat32(elements as Uint16Array);
  return (tensor.type as DataType) === 'bfloat16' ? bfloat16ToFloat32(elements as Uint16Array) : elements;
}

/** The largest size of a finite number. */
function largest(numbers: NumberArray): number {
  let most = 0;
  for (const one of numbers) if (Number.isFinite(Number(one))) most = Math.max(most, Math.abs(Number(one)));
  return most;
}
