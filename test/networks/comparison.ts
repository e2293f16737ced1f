import * as ort from 'onnxruntime-node';
import { InferenceSession, type SessionOptions, type Tensor } from '../../src/engine/session';

export type Feeds = Readonly<Record<string, Tensor>>;
export type Results = Readonly<Record<string, { readonly dims: readonly number[]; readonly data: unknown }>>;

/** What onnxruntime makes of a model of one input `x`, for each of the feeds. */
export async function onnxruntime(bytes: Uint8Array, ...all: Feeds[]): Promise<Results[]> {
  // As the model is written: with its optimizations onnxruntime 1.30 makes MaxPools of Pad and MaxPool that it then refuses.
  const options: ort.InferenceSession.SessionOptions = {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    graphOptimizationLevel: 'disabled',
  };
  const session = await ort.InferenceSession.create(bytes, options);
  try {
    const results: Results[] = [];
    for (const { x } of all)
      results.push(await session.run({ x: new ort.Tensor('float32', x!.data as Float32Array, x!.dims) }));
    return results;
  } finally {
    await session.release();
  }
}

export interface OurResults {
  /** For each of the feeds. */
  readonly results: readonly Results[];
  /** Of the operations, `convolution.product` and the like. */
  readonly kernels: readonly string[];
}

/** What the engine makes of a model, for each of the feeds; two runs of each must not differ. */
export async function ours(bytes: Uint8Array, options: SessionOptions, ...all: Feeds[]): Promise<OurResults> {
  const session = await InferenceSession.create(bytes, { ...options, enableProfiling: true });
  try {
    const results: Results[] = [];
    for (const feeds of all) {
      const one = await session.run(feeds);
      demandSame(session.runSync(feeds), one);
      results.push(one);
    }
    return { results, kernels: session.profile().map(({ kernel }) => kernel) };
  } finally {
    await session.release();
  }
}

/** Bit for bit. */
function demandSame(found: Results, expected: Results): void {
  for (const [name, { data }] of Object.entries(expected)) {
    const bytes = (array: unknown) => Buffer.from((array as Float32Array).buffer);
    if (!bytes(found[name]!.data).equals(bytes(data))) throw new Error(`${name} differs between two runs.`);
  }
}

/** Of an output's largest element; large sums that cancel out leave rounding errors of some 1e-4, mistakes are far larger. */
const tolerance = 5e-4;

/** Throws where an output has another name or other dims, or differs by more than a share of its largest element. */
export function demandClose(found: Results, expected: Results): void {
  const names = Object.keys(expected).sort();
  if (Object.keys(found).sort().join() !== names.join()) throw new Error(`there is ${Object.keys(found).join()}.`);
  for (const name of names) {
    const [got, wanted] = [found[name]!, expected[name]!];
    if (got.dims.join() !== wanted.dims.join()) throw new Error(`${name} is [${got.dims.join()}].`);
    const [ours, theirs] = [got.data as Float32Array, wanted.data as Float32Array];
    const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    const worst = theirs.reduce((most, value, i) => Math.max(most, Math.abs(value - ours[i]!)), 0);
    if (!(worst <= tolerance * largest))
      throw new Error(`${name} differs by ${worst / largest} of its largest element.`);
  }
}
