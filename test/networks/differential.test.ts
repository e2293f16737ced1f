import fc from 'fast-check';
import type { OnnxValue } from 'onnxruntime-common';
import { compress } from '../../src/compress/compress';
import { InferenceSession } from '../../src/engine/session';
import { patience } from '../patience';
import { demandClose, onnxruntime, ours, type Feeds, type OurResults, type Results } from './comparison';
import { forced } from './forced-kernels';
import { makeNetwork, networkPlan, type NetworkPlan, type RandomNetwork } from './random-network';

/** How many networks each test draws, from which seed, and whether kernels are forced as well; see docs/fuzzing.md. */
const numRuns = Number(process.env.GDWS_NETWORKS ?? 70);
const seed = Number(process.env.GDWS_SEED ?? 20);
const forcesKernels = process.env.GDWS_KERNELS === 'forced';
const timeout = patience * (60_000 + numRuns * (forcesKernels ? 4000 : 1000));

/** Of how many comparisons each kernel was forced in. */
const turns = new Map<string, number>();

afterAll(() => {
  if (forcesKernels) console.log('Forced:', Object.fromEntries([...turns].sort()));
});

/**
 * Compares what the engine makes of a network by itself; by the references, which read their operands while they write
 * their result, and so show every one that lies in another's memory; and with another kernel forced, where that is wanted.
 */
async function check(
  bytes: Uint8Array,
  threads: number,
  all: readonly Feeds[],
  expected: readonly Results[],
  turn: number,
): Promise<void> {
  const compare = (who: string, { results }: OurResults): void => {
    naming(`${who}, ${threads} thread(s)`, () =>
      expected.forEach((wanted, index) => demandClose(results[index]!, wanted)),
    );
  };
  const usual = await ours(bytes, { intraOpNumThreads: threads }, ...all);
  compare('by estimates', usual);
  if (threads === 1) compare('references', await ours(bytes, { intraOpNumThreads: 1, kernel: 'reference' }, ...all));
  if (!forcesKernels) return;
  const other = await forced(bytes, threads, usual.kernels, turn, ...all);
  if (!other) return;
  turns.set(other.kernel, (turns.get(other.kernel) ?? 0) + 1);
  compare(other.kernel, other);
}

function naming(what: string, demand: () => void): void {
  try {
    demand();
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
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
  // Where a smaller plan takes too long to find, the smallest so far is better than none.
  return fc.assert(one, { numRuns, seed, interruptAfterTimeLimit: timeout - 20_000, markInterruptAsFailure: true });
}

test(
  'random networks compute what onnxruntime computes, whatever the number of images',
  async () => {
    await property(async (network, { images, seed }) => {
      const all = [network.feeds(), network.feeds(images + 1)];
      const expected = await onnxruntime(network.bytes, ...all);
      for (const threads of [1, 2]) await check(network.bytes, threads, all, expected, seed + threads);
    });
  },
  timeout,
);

test(
  'compressed random networks are what onnxruntime says they are',
  async () => {
    await property(async (network, { seed }) => {
      const feeds = [network.feeds()];
      const bytes = (await compress(network.bytes, { error: 0.3, firstLayer: true })).bytes();
      const expected = await onnxruntime(bytes, ...feeds);
      await check(bytes, 2, feeds, expected, seed);
    });
  },
  timeout,
);

test(
  'random networks compressed without error stay what they are',
  async () => {
    await property(async (network, { seed }) => {
      const feeds = [network.feeds()];
      const bytes = (await compress(network.bytes, { error: 1e-12, firstLayer: true })).bytes();
      const expected = await onnxruntime(network.bytes, ...feeds);
      await check(bytes, 1, feeds, expected, seed);
    });
  },
  timeout,
);

test(
  'runs of random networks with some of the threads give the bits of those with all',
  async () => {
    await property(async (network) => {
      const feeds = network.feeds();
      const session = await InferenceSession.create(network.bytes, { intraOpNumThreads: 3 });
      const wanted = await session.run(feeds);
      for (const threads of [1, 2]) {
        const results = await session.run(feeds, { threads });
        for (const name of session.outputNames) {
          if (!bitsOf(results[name]!).equals(bitsOf(wanted[name]!))) throw new Error(`${name} with ${threads} threads`);
        }
      }
      await session.release();
    });
  },
  timeout,
);

function bitsOf({ data }: OnnxValue): Buffer {
  const { buffer, byteOffset, byteLength } = data as Float32Array;
  return Buffer.from(buffer, byteOffset, byteLength);
}
