import { native } from '../../src/addon/native';
import { RegressionSums } from '../../src/calibrate/layer-regression';
import { LiveStore } from '../../src/calibrate/live-store';
import type { ConvolutionShape } from '../../src/gdws/shape';
import { ConstantPool } from '../../src/program/constant-pool';
import { noActivation, type Operation } from '../../src/program/operation';
import type { ProgramValue } from '../../src/program/program';
import { RandomStream } from '../../src/robustness/random-stream';
import { floats } from '../graph/small-network';

const shape: ConvolutionShape = { outputChannels: 4, inputChannels: 6, kernel: [2, 2], groups: 2 };
const [outputs, channels, taps] = [2, 3, 4];
const size = channels * taps;
const weights = floats([4, 3, 2, 2], 5).data as Float32Array;
const value = (dims: number[]): ProgramValue => ({ type: 'float32', dims, storage: 'temporary', index: -1 });
const values = [value([1, 6, 5, 5]), value([4, 3, 2, 2]), value([1, 4, 4, 4])];
const operation: Operation<'convolution'> = {
  opcode: 'convolution',
  inputs: [0, 1],
  outputs: [2],
  attributes: { groups: 2, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], activation: noActivation },
  origin: { node: 'test', operator: 'Conv' },
};

async function meansWith(shrinkage?: number) {
  const store = new LiveStore(1e6);
  const sums = new RegressionSums(
    { session: native().createSession(1), store, pool: new ConstantPool() },
    { weights, shape },
    new RandomStream(1),
  );
  const [dense, compressed] = [7, 8].map((seed) => {
    const data = floats([1, 6, 5, 5], seed).data as Float32Array;
    return { type: 'float32' as const, bytes: data.byteLength, make: () => Promise.resolve(data) };
  });
  await sums.add([{ dense: dense!, compressed: compressed! }], { operation, values }, 1);
  return sums.means(shrinkage);
}

test('shrunk moments take a share of those of channels that are independent, of which the dense weights are the best map', async () => {
  const plain = await meansWith(0);
  const share = 0.3;
  const shrunk = await meansWith(share);
  for (let group = 0; group < 2; ++group) {
    for (let row = 0; row < size; ++row) {
      for (let column = 0; column < size; ++column) {
        const at = (group * size + row) * size + column;
        const isOwn = Math.floor(row / taps) === Math.floor(column / taps);
        expect(shrunk.patches[at]).toBeCloseTo((isOwn ? 1 : 1 - share) * plain.patches[at]!, 6);
      }
    }
    for (let row = 0; row < outputs; ++row) {
      for (let column = 0; column < size; ++column) {
        const first = column - (column % taps);
        let alone = 0;
        for (let tap = first; tap < first + taps; ++tap) {
          alone +=
            weights[(group * outputs + row) * size + tap]! * plain.patches[(group * size + tap) * size + column]!;
        }
        const at = (group * outputs + row) * size + column;
        expect(shrunk.cross[at]).toBeCloseTo((1 - share) * plain.cross[at]! + share * alone, 6);
      }
    }
  }
});

test('by default as if as many independent patches had been seen as an output has unknowns', async () => {
  const [given, expected] = await Promise.all([meansWith(), meansWith(size / (size + 16))]);
  expect(given).toEqual(expected);
});
