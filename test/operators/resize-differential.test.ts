import { create } from '@bufbuild/protobuf';
import { env, InferenceSession as Oracle, Tensor } from 'onnxruntime-node';
import { InferenceSession } from '../../src/engine/session';
import type { AttributeValue } from '../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { ValueInfoProtoSchema } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { constantOf } from '../../src/operators/elements';
import { float } from './case';
import { Random } from './random';

env.logLevel = 'error';

/** How many pairs of a size and a scale, and from which seed: `GDWS_RESIZES=100000 GDWS_SEED=7 npx jest test/operators/resize-differential`. */
const pairs = Number(process.env.GDWS_RESIZES ?? 800);
const random = new Random(Number(process.env.GDWS_SEED ?? 31));

/** A node resizes two axes, with a pair each. */
const nodesAtOnce = 100;

/** One node. */
interface Resizing {
  readonly dims: readonly [number, number];
  readonly scales?: readonly number[];
  readonly sizes?: readonly number[];
  readonly roi?: readonly number[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

const roundings = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'];

const sizeOf = () => (random.next() < 0.9 ? random.integer(1, 40) : random.integer(41, 200));

/** As models have them: decimals, fractions, those that lead from one size to another; and any at all. None empties the axis. */
function scaleOf(size: number, opset: number): number {
  const scale = random.pick([
    () => random.integer(2, 30) / 10,
    () => random.integer(20, 300) / 100,
    () => random.integer(1, 12) / random.integer(1, 12),
    () => random.integer(1, 2 * size) / size,
    () => 0.2 + 3 * random.next(),
  ])();
  // onnxruntime's Upsample does not shrink.
  return size * scale < 1.01 || (opset < 10 && scale < 1) ? 1 + scale : scale;
}

/**
 * What onnxruntime does otherwise than ONNX is left out: it copies what keeps its size, with antialias axis by axis, though
 * the scale may not be 1; and of cubic tf_half_pixel_for_nn it moves the axes whose scale is 1.
 */
function interpolation(opset: number, keepsAnAxis: boolean): Record<string, AttributeValue> {
  if (opset < 11) return { mode: random.pick(['nearest', 'linear']) };
  const mode = random.pick(['nearest', 'nearest', 'linear', 'cubic']);
  const places = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'];
  if (opset === 11 && !(mode === 'cubic' && keepsAnAxis)) places.push('tf_half_pixel_for_nn');
  if (opset >= 19) places.push('half_pixel_symmetric');
  const antialias = mode !== 'nearest' && opset >= 18 && random.next() < 0.2 && !keepsAnAxis;
  return {
    mode,
    coordinate_transformation_mode: random.pick(places),
    ...(mode === 'nearest' ? { nearest_mode: random.pick(roundings) } : {}),
    ...(antialias ? { antialias: 1 } : {}),
  };
}

/** Whether a size comes out as it was, as near as that no rounding can tell. */
const keepsSize = (size: number, scale: number) => size * scale > size - 0.6 && size * scale < size + 1.1;

function byScales(opset: number): Resizing {
  const dims = [sizeOf(), sizeOf()] as const;
  const scales = dims.map((size) => scaleOf(size, opset));
  const kept = dims.map((size, axis) => keepsSize(size, scales[axis]!));
  return kept.every(Boolean) ? byScales(opset) : { dims, scales, attributes: interpolation(opset, kept.some(Boolean)) };
}

/** From operator set 18 on with one scale for both axes, too. */
function bySizes(opset: number): Resizing {
  const dims = [sizeOf(), sizeOf()] as const;
  const sizes = dims.map((size) => random.integer(Math.ceil(size / 2), 2 * size));
  const policy = opset < 18 ? 'stretch' : random.pick(['stretch', 'not_larger', 'not_smaller']);
  const scales = dims.map((size, axis) => sizes[axis]! / size);
  const common = policy === 'not_larger' ? Math.min(...scales) : Math.max(...scales);
  const kept = dims.map((size, axis) => keepsSize(size, policy === 'stretch' ? scales[axis]! : common));
  if (kept.every(Boolean)) return bySizes(opset);
  const attributes = interpolation(opset, kept.some(Boolean));
  return {
    dims,
    sizes,
    attributes: policy === 'stretch' ? attributes : { ...attributes, keep_aspect_ratio_policy: policy },
  };
}

/** A part of each axis. onnxruntime takes the whole of an axis whose scale is 1. */
function byCrop(opset: number): Resizing {
  const { dims, scales } = byScales(opset);
  const edge = () => random.integer(-2, 12) / 10;
  return {
    dims,
    scales: scales!.map((scale) => (scale === 1 ? 1.3 : scale)),
    roi: [edge(), edge(), edge(), edge()],
    attributes: {
      mode: random.pick(['nearest', 'linear']),
      coordinate_transformation_mode: 'tf_crop_and_resize',
      extrapolation_value: float(-7),
    },
  };
}

interface Model {
  readonly bytes: Uint8Array;
  readonly feeds: Readonly<Record<string, Constant>>;
}

function modelOf(resizings: readonly Resizing[], opType: 'Resize' | 'Upsample', opset: number): Model {
  const initializers: Record<string, Constant> = {};
  const given = (name: string, values: readonly number[] | undefined, type: 'float32' | 'int64') => {
    // Before operator set 13 absent inputs were empty ones.
    if (!values && opset >= 13) return '';
    initializers[name] = constantOf(type, [values?.length ?? 0], values ?? []);
    return name;
  };
  const feeds: Record<string, Constant> = {};
  const nodes = resizings.map(({ dims, scales, sizes, roi, attributes }, i) => {
    feeds[`x${i}`] = random.floats(dims);
    const one = given(`scales${i}`, scales, 'float32');
    const rest =
      opset < 11
        ? [one]
        : [given(`roi${i}`, roi, 'float32'), one, ...(sizes ? [given(`sizes${i}`, sizes, 'int64')] : [])];
    return makeNode({ opType, name: `${i}`, input: [`x${i}`, ...rest], output: [`y${i}`], attributes });
  });
  const inputs = Object.entries(feeds).map(([name, { type, dims }]) => makeValueInfo(name, type, dims));
  const outputs = nodes.map(({ output }) => create(ValueInfoProtoSchema, { name: output[0]! }));
  return { bytes: encodeModel(makeModel({ nodes, inputs, outputs, initializers, opset })), feeds };
}

type Results = Readonly<Record<string, { readonly dims: readonly number[]; readonly data: unknown }>>;

async function resultsOf(runtime: typeof Oracle | typeof InferenceSession, { bytes, feeds }: Model): Promise<Results> {
  const session = await runtime.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const tensors = Object.entries(feeds).map(([name, { data, dims }]) => {
    return [name, new Tensor('float32', (data as Float32Array).slice(), dims)] as const;
  });
  try {
    return await session.run(Object.fromEntries(tensors));
  } finally {
    await session.release();
  }
}

/** What of a result differs: its shape, or an element. */
function difference(found: Results[string], wanted: Results[string], isExact: boolean): string | undefined {
  if (found.dims.join() !== wanted.dims.join()) return `shape ${found.dims.join('×')}, not ${wanted.dims.join('×')}`;
  const [got, want] = [found.data as Float32Array, wanted.data as Float32Array];
  const at = want.findIndex((value, i) => !(Math.abs(value - got[i]!) <= (isExact ? 0 : 1e-4)));
  return at < 0 ? undefined : `element ${at} of ${wanted.dims.join('×')} is ${got[at]}, not ${want[at]}`;
}

const kinds: readonly [opType: string, opset: number, given: string, make: (opset: number) => Resizing][] = [
  ['Upsample', 9, 'scales', byScales],
  ['Resize', 10, 'scales', byScales],
  ['Resize', 11, 'scales', byScales],
  ['Resize', 13, 'scales', byScales],
  ['Resize', 19, 'scales', byScales],
  ['Resize', 13, 'sizes', bySizes],
  ['Resize', 19, 'sizes', bySizes],
  ['Resize', 13, 'a crop', byCrop],
];

test.each(kinds)(
  '%s of operator set %d by %s gives the shapes and elements of onnxruntime',
  async (opType, opset, _, make) => {
    const differing: string[] = [];
    for (let left = Math.ceil(pairs / 2 / kinds.length); left > 0; left -= nodesAtOnce) {
      const resizings = Array.from({ length: Math.min(left, nodesAtOnce) }, () => make(opset));
      const model = modelOf(resizings, opType as 'Resize', opset);
      const wanted = await resultsOf(Oracle, model);
      const found = await resultsOf(InferenceSession, model);
      resizings.forEach((resizing, i) => {
        const what = difference(found[`y${i}`]!, wanted[`y${i}`]!, resizing.attributes.mode === 'nearest');
        if (what) differing.push(`${JSON.stringify(resizing)}: ${what}`);
      });
    }
    expect(differing).toEqual([]);
  },
  60_000 + pairs * 20,
);
