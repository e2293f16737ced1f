import fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { compress } from '../../src/gdws/compress';
import { InferenceSession, type Tensor } from '../../src/session';
import { makeNetwork, networkPlan, type NetworkPlan, type RandomNetwork } from './random-network';

/** How many networks each test draws, and from which seed: `GDWS_NETWORKS=20000 GDWS_SEED=7 npx jest test/networks/differential`. */
const numRuns = Number(process.env.GDWS_NETWORKS ?? 150);
const seed = Number(process.env.GDWS_SEED ?? 20);
const timeout = 60_000 + numRuns * 1000;

type Feeds = Record<string, Tensor>;
type Results = Readonly<Record<string, { readonly dims: readonly number[]; readonly data: unknown }>>;

async function onnxruntime(bytes: Uint8Array, ...all: Feeds[]): Promise<Results[]> {
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

async function ours(bytes: Uint8Array, threads: number, ...all: Feeds[]): Promise<Results[]> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: threads });
  try {
    const results: Results[] = [];
    for (const feeds of all) {
      const one = await session.run(feeds);
      expectSame(session.runSync(feeds), one);
      results.push(one);
    }
    return results;
  } finally {
    await session.release();
  }
}

/** Bit for bit. */
function expectSame(found: Results, expected: Results): void {
  for (const [name, { data }] of Object.entries(expected)) {
    const bytes = (array: unknown) => Buffer.from((array as Float32Array).buffer);
    if (!bytes(found[name]!.data).equals(bytes(data))) throw new Error(`${name} differs between two runs.`);
  }
}

/** Of an output's largest element; large sums that cancel out leave rounding errors of some 1e-4, mistakes are far larger. */
const tolerance = 5e-4;

/** Within a share of each output's largest element. */
function expectClose(found: Results, expected: Results): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { dims, data }] of Object.entries(expected)) {
    expect({ name, dims: [...found[name]!.dims] }).toEqual({ name, dims: [...dims] });
    const [got, wanted] = [found[name]!.data as Float32Array, data as Float32Array];
    const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    const worst = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]!)), 0);
    if (!(worst <= tolerance * largest))
      throw new Error(`${name} differs by ${worst / largest} of its largest element.`);
  }
}

/** Describes the network at fault, beside fast-check's smallest plan. */
async function about(network: RandomNetwork, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    throw new Error(`${network.description}: ${(error as Error).message}`, { cause: error });
  }
}

function property(check: (network: RandomNetwork, plan: NetworkPlan) => Promise<void>): Promise<void> {
  const one = fc.asyncProperty(networkPlan, (plan) => {
    const network = makeNetwork(plan);
    return about(network, () => check(network, plan));
  });
  return fc.assert(one, { numRuns, seed });
}

test(
  'random networks compute what onnxruntime computes, whatever the number of images',
  async () => {
    await property(async (network, { images }) => {
      const all = [network.feeds(), network.feeds(images + 1)];
      const expected = await onnxruntime(network.bytes, ...all);
      for (const threads of [1, 2]) {
        const found = await ours(network.bytes, threads, ...all);
        found.forEach((results, index) => expectClose(results, expected[index]!));
      }
    });
  },
  timeout,
);

test(
  'compressed random networks are what onnxruntime says they are',
  async () => {
    await property(async (network) => {
      const feeds = network.feeds();
      const bytes = (await compress(network.bytes, { error: 0.3, firstLayer: true })).bytes();
      const [expected] = await onnxruntime(bytes, feeds);
      const [found] = await ours(bytes, 2, feeds);
      expectClose(found!, expected!);
    });
  },
  timeout,
);

test(
  'random networks compressed without error stay what they are',
  async () => {
    await property(async (network) => {
      const feeds = network.feeds();
      const bytes = (await compress(network.bytes, { error: 1e-12, firstLayer: true })).bytes();
      const [expected] = await onnxruntime(network.bytes, feeds);
      const [found] = await ours(bytes, 1, feeds);
      expectClose(found!, expected!);
    });
  },
  timeout,
);
