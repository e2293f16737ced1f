import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { native, type Native } from '../../src/addon/native';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { root } from '../package/npm';

// The addon as WebAssembly, which sees no memory of JavaScript, against the addon of this machine.

const file = path.join(root, 'build/platforms/wasm32/gdws.cjs');
const isBuilt = fs.existsSync(file);
if (!isBuilt) console.warn('WebAssembly is not tested: npm run build:platforms -- --targets wasm32 builds it.');

const numbers = (count: number, seed: number) =>
  Float64Array.from({ length: count }, (_, i) => Math.sin((i + 1) * (seed + 1) * 12.9898));
const layer = { outputChannels: 12, inputChannels: 3, taps: 9, groups: 1 };
/** In the middle of a buffer. */
function weights(): Float32Array {
  const around = Float32Array.from(numbers(12 * 3 * 9 + 10, 1));
  return around.subarray(5, around.length - 5);
}

function expectClose(here: ArrayLike<number>, there: ArrayLike<number>): void {
  expect(there.length).toBe(here.length);
  for (let i = 0; i < here.length; i++) expect(there[i]).toBeCloseTo(here[i]!, 5);
}

/** What a script prints in a process of its own. */
function runScript(script: string, environment: Record<string, string> = {}): string {
  return execFileSync(process.execPath, ['--require', require.resolve('tsx/cjs'), '--eval', script], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
}
const onWasm = (script: string, environment: Record<string, string> = {}) =>
  runScript(script, { GDWS_ADDON: path.join(root, 'build/platforms/wasm32/gdws.wasm'), ...environment });

(isBuilt ? describe : describe.skip)('WebAssembly', () => {
  let wasm: Native;
  beforeAll(() => {
    wasm = createRequire(file)(file) as Native;
  });

  test('has the kernels of the addon and one thread', () => {
    expect(wasm.instructionSet).toBe('wasm');
    expect(wasm.kernels).toEqual(native().kernels);
    expect(wasm.concurrency).toBe(1);
  });

  test('GDWS_MAX_ISA caps what is used, which is the same code', () => {
    const script = `console.log(JSON.stringify(require(${JSON.stringify(path.join(root, 'src/index.ts'))}).simd()));`;
    const simd = (cap?: string) => JSON.parse(onWasm(script, cap ? { GDWS_MAX_ISA: cap } : {})) as unknown;
    expect(simd()).toEqual({ inUse: 'wasm', available: ['portable', 'wasm'] });
    expect(simd('portable')).toEqual({ inUse: 'portable', available: ['portable', 'wasm'], cap: 'portable' });
    expect(simd('avx2')).toMatchObject({ inUse: 'portable', cap: 'avx2' });
  }, 60_000);

  test('reads the parts of buffers that it is given, and gives arrays of its own', async () => {
    const here = await native().decompose(weights(), layer, 1);
    const there = await wasm.decompose(weights(), layer, 4);
    expectClose(here.singularValues, there.singularValues);
    // Directions have no sign.
    expectClose(here.rightVectors.map(Math.abs), there.rightVectors.map(Math.abs));
    expect(there.singularValues.buffer.byteLength).toBe(there.singularValues.byteLength);
    expect(there.rightVectors.buffer).not.toBe(there.singularValues.buffer);
  });

  test('reads and gives arrays of each type', async () => {
    const features = 6;
    const rows = numbers(20 * features, 2);
    const gram = new Float64Array(features * features);
    for (let i = 0; i < gram.length; i++) {
      for (let k = 0; k < 20; k++) {
        gram[i]! += rows[k * features + Math.floor(i / features)]! * rows[k * features + (i % features)]!;
      }
    }
    const cross = numbers(4 * features, 3);
    expectClose(
      await native().leastSquares(gram, cross, features, 4, 1e-9, 1),
      await wasm.leastSquares(gram, cross, features, 4, 1e-9, 1),
    );
    const problem = { features, outputs: 4, ridge: 1e-3, fits: true, isSequential: true };
    const of = (one: Native) => one.roundWeights(gram, Float32Array.from(cross), Float32Array.from(cross), problem, 1);
    const [here, there] = [await of(native()), await of(wasm)];
    expect(there.numbers).toEqual(here.numbers);
    expectClose(here.scales, there.scales);
    const counts = Int32Array.of(2, 1, 3);
    const kernels = Float32Array.from(numbers(6 * 9, 4));
    const pointwise = (one: Native) => one.pointwiseWeights(weights(), layer, 1, counts, kernels);
    expectClose((await pointwise(native())).weights, (await pointwise(wasm)).weights);
  });

  test('copies what it reads later, does the work in a later turn, and keeps results while its memory grows', async () => {
    const given = weights();
    const here = await native().decompose(given, layer, 1);
    let isSettled = false;
    const working = wasm.decompose(given, layer, 1).then((result) => {
      isSettled = true;
      return result;
    });
    given.fill(0);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    expect(isSettled).toBe(false);
    expect(wasm.counters().queued).toBe(1);
    const grown = [wasm.holdMemory(100 << 20), wasm.holdMemory(100 << 20)];
    const { singularValues } = await working;
    grown.push(wasm.holdMemory(100 << 20));
    expectClose(here.singularValues, singularValues);
    expect(wasm.counters()).toMatchObject({ queued: 0, running: 0 });
    expect(grown).toHaveLength(3);
  });

  test('refuses more memory than addresses of 32 bits reach', () => {
    for (const bytes of [2 ** 32 - 1, 2 ** 32, 2 ** 33 + 64]) {
      expect(() => wasm.holdMemory(bytes)).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }) as Error);
    }
  });

  test('refuses a network whose operations need more working memory than addresses of 32 bits reach', () => {
    // An LSTM of one unit: 32 floats for each sequence of the batch, together 2^32 bytes, and two for what goes in and out.
    const weights = (...dims: number[]) => ({
      type: 'float32' as const,
      dims,
      data: new Float32Array(dims.reduce((a, b) => a * b)),
    });
    const model = makeModel({
      nodes: [
        makeNode({
          opType: 'LSTM',
          input: ['x', 'w', 'r'],
          output: ['', 'y'],
          attributes: { hidden_size: 1 },
        }),
      ],
      inputs: [makeValueInfo('x', 'float32', [1, 'batch', 1])],
      outputs: [makeValueInfo('y', 'float32', [1, 'batch', 1])],
      initializers: { w: weights(1, 4, 1), r: weights(1, 4, 1) },
    });
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-wasm32-')), 'model.onnx');
    fs.writeFileSync(file, encodeModel(model));
    const script = `
      const { InferenceSession } = require(${JSON.stringify(path.join(root, 'src/index.ts'))});
      (async () => {
        const session = await InferenceSession.create(${JSON.stringify(file)});
        const codes = [];
        for (const batch of [2 ** 25 + 1, 2 ** 25, 1000])
          codes.push(await session.prepare([{ x: [1, batch, 1] }]).then(() => 'prepared', ({ code }) => code));
        console.log(JSON.stringify(codes));
      })();`;
    expect(JSON.parse(onWasm(script))).toEqual(['OUT_OF_MEMORY', 'OUT_OF_MEMORY', 'prepared']);
    fs.rmSync(path.dirname(file), { recursive: true });
  }, 60_000);

  test('runs a network as the addon does, in sessions of any number of threads', () => {
    const script = `
      const { InferenceSession, Tensor, simd } = require(${JSON.stringify(path.join(root, 'src/index.ts'))});
      (async () => {
        const model = ${JSON.stringify(path.join(root, 'examples/robust-mnist.onnx'))};
        const around = Float32Array.from({ length: 2 * 784 + 3 }, (_, i) => ((i * 7919) % 101) / 101);
        const x = new Tensor('float32', around.subarray(3), [2, 1, 28, 28]);
        const all = [];
        for (const intraOpNumThreads of [1, 3]) {
          const session = await InferenceSession.create(model, { intraOpNumThreads });
          const feeds = { [session.inputNames[0]]: x };
          const runs = [session.run(feeds), session.run(feeds)].map((run) => run.then((got) => got[session.outputNames[0]]));
          all.push(...(await Promise.all(runs)), session.runSync(feeds)[session.outputNames[0]]);
        }
        console.log(JSON.stringify({ inUse: simd().inUse, all: all.map(({ data }) => [...data]) }));
      })();`;
    const [here, there] = [runScript(script), onWasm(script)].map(
      (printed) => JSON.parse(printed) as { inUse: string; all: number[][] },
    ) as [{ all: number[][] }, { inUse: string; all: number[][] }];
    expect(there.inUse).toBe('wasm');
    expect(there.all).toHaveLength(6);
    for (const logits of there.all) expectClose(here.all[0]!, logits);
    for (const logits of there.all) expect(logits).toEqual(there.all[0]);
  }, 60_000);
});
