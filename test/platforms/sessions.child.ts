// What sessions do in the Node that runs this, as JSON in a file, since pipes of emulated processes may fail:
//   node sessions.child.js <folder with the models of foreign-node.ts>
import fs from 'node:fs';
import path from 'node:path';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { native } from '../../src/addon/native';
import { GdwsError } from '../../src/base/errors';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { numbers } from '../runtime/models';

/** Logits, codes of errors, and other outcomes, by what was tried. */
export type Outcomes = Record<string, unknown>;

const x = new Tensor('float32', numbers(2 * 16 * 20 * 20), [2, 16, 20, 20]);

async function resultOf(model: string, intraOpNumThreads = 1): Promise<number[]> {
  const session = await InferenceSession.create(model, { intraOpNumThreads });
  const { y } = await session.run({ x });
  await session.release();
  return Array.from(y!.data as Float32Array).slice(0, 100);
}

/** A result, or the code of the error that there was. */
async function outcome(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return error instanceof GdwsError ? error.code : String(error);
  }
}

async function runForEver(model: string): Promise<void> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 2 });
  for (;;) {
    const { y } = await session.run({ x });
    parentPort!.postMessage(Array.from(y!.data as Float32Array).slice(0, 100));
  }
}

/** What a worker computed, and the code that it ended with when it was terminated in its work. */
async function worker(model: string): Promise<unknown> {
  const worker = new Worker(__filename, { workerData: model });
  const result = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  return { result, code: await worker.terminate() };
}

async function aborted(model: string): Promise<unknown> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 2 });
  const large = new Tensor('float32', numbers(8 * 16 * 96 * 96), [8, 16, 96, 96]);
  await session.prepare([{ x: large.dims }]);
  const stop = new AbortController();
  const runs = Array.from({ length: 8 }, () => outcome(() => session.run({ x: large }, { signal: stop.signal })));
  setImmediate(() => stop.abort());
  const codes = new Set(await Promise.all(runs));
  return [...codes].filter((code) => typeof code === 'string');
}

/** A session that reads its file again for other shapes: after it was removed, replaced by another, and written to. */
async function files(folder: string): Promise<Outcomes> {
  const outcomes: Outcomes = {};
  const original = fs.readFileSync(path.join(folder, 'stack.onnx'));
  const changes: Record<string, (file: string) => void> = {
    removed: (file) => fs.rmSync(file),
    replaced: (file) => {
      fs.copyFileSync(path.join(folder, 'other.onnx'), `${file}.new`);
      fs.renameSync(`${file}.new`, file);
    },
    changed: (file) => fs.writeFileSync(file, original.subarray(0, original.length - 4), { flag: 'r+' }),
    cut: (file) => fs.truncateSync(file, 1000),
  };
  for (const [name, change] of Object.entries(changes)) {
    const file = path.join(folder, `${name}.onnx`);
    fs.writeFileSync(file, original);
    const session = await InferenceSession.create(file);
    await session.run({ x });
    try {
      change(file);
    } catch (error) {
      // Windows refuses some of it while the file is open.
      outcomes[name] = (error as NodeJS.ErrnoException).code;
      await session.release();
      continue;
    }
    const other = new Tensor('float32', numbers(16 * 9 * 9), [1, 16, 9, 9]);
    outcomes[name] = await outcome(async () => {
      const { y } = await session.run({ x: other });
      return Array.from(y!.data as Float32Array).slice(0, 100);
    });
    await session.release();
  }
  return outcomes;
}

/** The same file by each spelling of its path. */
async function paths(spellings: readonly string[]): Promise<Outcomes> {
  const outcomes: Outcomes = {};
  for (const spelling of spellings) outcomes[spelling] = await outcome(() => resultOf(spelling));
  return outcomes;
}

async function main(folder: string): Promise<void> {
  const model = path.join(folder, 'stack.onnx');
  const { spellings, external } = JSON.parse(fs.readFileSync(path.join(folder, 'plan.json'), 'utf8')) as {
    spellings: string[];
    external: string[];
  };
  const results: Outcomes = {
    platform: `${process.platform}-${process.arch}`,
    instructionSet: native().instructionSet,
    'one thread': await outcome(() => resultOf(model, 1)),
    'two threads': await outcome(() => resultOf(model, 2)),
    worker: await outcome(() => worker(model)),
    'after a worker was terminated': await outcome(() => resultOf(model, 2)),
    aborted: await outcome(() => aborted(model)),
    files: await files(folder),
    paths: await paths([model, ...spellings]),
    external: await paths(external.map((name) => path.join(folder, name))),
  };
  fs.writeFileSync(path.join(folder, 'outcomes.json'), JSON.stringify(results));
}

if (isMainThread) void main(process.argv[2]!);
else void runForEver(workerData as string);
