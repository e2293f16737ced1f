import { execFileSync } from 'node:child_process';
import path from 'node:path';

const source = JSON.stringify(path.resolve(__dirname, '../../src/addon/native.ts'));

/** The bits of what least squares, the fit of stages and rounding give in a process with this cap of the instruction set. */
function resultsAt(cap: string, features: number, outputs: number): string {
  const script = `
    const { native } = require(${source});
    const [features, outputs] = [${features}, ${outputs}];
    let state = 1;
    const random = () => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5;
    const rows = Float64Array.from({ length: features * (features + 5) }, random);
    const gram = new Float64Array(features ** 2);
    for (let i = 0; i < features; ++i)
      for (let j = 0; j <= i; ++j) {
        let sum = 0;
        for (let k = 0; k < features + 5; ++k) sum += rows[i * (features + 5) + k] * rows[j * (features + 5) + k];
        gram[i * features + j] = gram[j * features + i] = sum;
      }
    const cross = Float64Array.from({ length: outputs * features }, random);
    const weights = Float64Array.from({ length: outputs * features }, random);
    const channels = features / 9;
    const kernels = Float32Array.from({ length: 2 * features }, random);
    const bits = (array) => Buffer.from(array.buffer).toString('base64');
    (async () => {
      const squares = await native().leastSquares(gram, cross, features, outputs, 1e-4, 1);
      const rounding = { features, outputs, ridge: 1e-3, fits: true, isSequential: true };
      const rounded = await native().roundWeights(gram, cross, weights, rounding, 2);
      const stages = await native().fitStages(gram, cross, undefined, new Int32Array(channels).fill(2), kernels, { outputs, taps: 9, sweeps: 2, ridge: 1e-5 }, 2);
      process.stdout.write([squares, rounded.numbers, rounded.scales, stages.kernels, stages.pointwise].map(bits).join());
    })();`;
  const args = ['--require', require.resolve('tsx/cjs'), '--eval', script];
  const env = { ...process.env, GDWS_MAX_ISA: cap };
  return execFileSync(process.execPath, args, { env, encoding: 'utf8', maxBuffer: 1e9 });
}

// Numbers of rows and columns that are no multiple of any tile's, of less than a tile, and of more than a block.
test.each([
  [9, 2],
  [45, 5],
  [315, 37],
])('%i features and %i outputs have the same results at every instruction set', (features, outputs) => {
  const portable = resultsAt('portable', features, outputs);
  expect(portable.length).toBeGreaterThan(features * outputs);
  for (const cap of ['avx2', 'avx512']) expect(resultsAt(cap, features, outputs) === portable).toBe(true);
});
