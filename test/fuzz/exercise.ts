import fs from 'node:fs';
import path from 'node:path';
import { Tensor } from 'onnxruntime-common';
import { compress, GdwsError, GradientSession, InferenceSession, type Limits } from '../../src';
import { elementCount } from '../../src/onnx/value';
import { Random } from './random';

/** What a mutant may ask for: more than its seeds, and little enough that mutants follow each other quickly. */
const limits: Partial<Limits> = {
  fileBytes: 2 ** 24,
  externalBytes: 2 ** 20,
  tensorBytes: 2 ** 28,
  nodes: 2000,
  memoryBytes: 2 ** 29,
  foldedElements: 2 ** 23,
};

/** Elements of one feed, at most: with more, a run takes long and finds nothing else. */
const mostElements = 1 << 16;
const milliseconds = 1000;

/** How far a mutant came: `ok`, or the code of the error that each of the steps ended in. */
export type Outcome = Readonly<Record<string, string>>;

/**
 * Does with the bytes of a model all that can be done with one. Throws what is no GdwsError, and GdwsErrors that say that
 * gdws is at fault.
 *
 * @param folder one of its own, for files
 */
export async function exercise(bytes: Uint8Array, folder: string): Promise<Outcome> {
  const random = new Random(bytes.length);
  const file = path.join(folder, 'model.onnx');
  fs.writeFileSync(file, bytes);
  const isFile = random.next() < 0.5;
  const source = isFile ? file : bytes;
  const outcome: Record<string, string> = {};
  const step = async (name: string, work: () => Promise<unknown>) => {
    try {
      await work();
      outcome[name] = 'ok';
    } catch (error) {
      if (!(error instanceof GdwsError) || error.code === 'INTERNAL') throw error;
      outcome[name] = error.code;
    }
  };
  await step('run', () => run(source, random));
  await step('gradient', () => gradient(source, random));
  await step('compress', () => compressAndRun(source, random, folder));
  return outcome;
}

async function run(source: string | Uint8Array, random: Random): Promise<void> {
  const session = await InferenceSession.create(source as string, { limits, intraOpNumThreads: 1 + random.below(2) });
  try {
    for (let times = 0; times < 2; times++) {
      const feeds = feedsOf(session.inputMetadata, random);
      if (feeds) await session.run(feeds, { signal: AbortSignal.timeout(milliseconds) });
    }
  } finally {
    await session.release();
  }
}

async function gradient(source: string | Uint8Array, random: Random): Promise<void> {
  const session = await GradientSession.create(source, { limits, intraOpNumThreads: 1 });
  const ended = setTimeout(() => void session.release(), milliseconds);
  try {
    const feeds = feedsOf(session.inputMetadata, random);
    if (feeds) await session.gradient(feeds, (logits) => new Float32Array(logits.length).fill(1));
  } finally {
    clearTimeout(ended);
    await session.release();
  }
}

async function compressAndRun(source: string | Uint8Array, random: Random, folder: string): Promise<void> {
  const goal = random.of([{ params: 0.6 }, { macs: 0.6 }, { beta: 0.1 }, { error: 0.2 }]);
  const compression = await compress(source, {
    ...goal,
    firstLayer: true,
    foldBatchNorm: random.next() < 0.5,
    limits,
    threads: 1,
    signal: AbortSignal.timeout(milliseconds),
  });
  const written = path.join(folder, 'compressed.onnx');
  await compression.write(written);
  const session = await InferenceSession.create(written, { limits, intraOpNumThreads: 1 });
  await session.release();
}

/** Made-up tensors for all inputs; undefined where one cannot be made. */
function feedsOf(metadata: InferenceSession['inputMetadata'], random: Random): Record<string, Tensor> | undefined {
  const feeds: Record<string, Tensor> = {};
  for (const input of metadata) {
    if (!input.isTensor) return undefined;
    const dims = input.shape.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? 1 + random.below(2) : 4));
    const count = elementCount(dims);
    if (!(count <= mostElements)) return undefined;
    const feed = tensorOf(input.type, count, dims, random);
    if (!feed) return undefined;
    feeds[input.name] = feed;
  }
  return feeds;
}

function tensorOf(type: Tensor.Type, count: number, dims: number[], random: Random): Tensor | undefined {
  const numbers = Array.from({ length: count }, () => random.below(5) - 1);
  switch (type) {
    case 'float32':
      return new Tensor(
        type,
        Float32Array.from(numbers, (x) => x / 3),
        dims,
      );
    case 'float64':
      return new Tensor(type, Float64Array.from(numbers), dims);
    case 'int64':
      return new Tensor(type, BigInt64Array.from(numbers, BigInt), dims);
    case 'int32':
      return new Tensor(type, Int32Array.from(numbers), dims);
    case 'uint8':
      return new Tensor(type, Uint8Array.from(numbers), dims);
    case 'bool':
      return new Tensor(
        type,
        Uint8Array.from(numbers, (x) => +(x > 0)),
        dims,
      );
    case 'float16':
      return new Tensor(
        type,
        Uint16Array.from(numbers, (x) => 0x3c00 + x),
        dims,
      );
    default:
      return undefined;
  }
}
