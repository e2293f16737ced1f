import { native, type NativeLayer } from '../../src/addon/native';
import { block, randomWeights } from './layers';

const layer: NativeLayer = { outputChannels: 6, inputChannels: 4, taps: 9, groups: 2 };
const counts = Int32Array.of(0, 3, 1, 2);
const kernels = randomWeights({ outputChannels: 6, inputChannels: 1, taps: 9, groups: 1 }, 7);

describe('pointwiseWeights', () => {
  test.each([1, 4])('are W_c v for every kernel, on %i threads', async (threads) => {
    const weights = randomWeights(layer);
    const found = await native().pointwiseWeights(weights, layer, threads, counts, kernels);
    const expected = new Float32Array(6 * 3);
    const channelOfKernel = [1, 1, 1, 2, 3, 3];
    channelOfKernel.forEach((channel, kernel) => {
      const group = Math.floor(channel / 2);
      const w = block(weights, layer, channel);
      for (let row = 0; row < 3; ++row) {
        let sum = 0;
        for (let tap = 0; tap < 9; ++tap) sum += w[row * 9 + tap]! * kernels[kernel * 9 + tap]!;
        expected[(group * 3 + row) * 3 + (kernel % 3)] = sum;
      }
    });
    expect(found.weights).toEqual(expected);

    const approximation = Array.from({ length: 4 }, () => new Float64Array(3 * 9));
    channelOfKernel.forEach((channel, kernel) => {
      for (let row = 0; row < 3; ++row) {
        const weight = expected[(Math.floor(channel / 2) * 3 + row) * 3 + (kernel % 3)]!;
        for (let tap = 0; tap < 9; ++tap)
          approximation[channel]![row * 9 + tap]! += weight * kernels[kernel * 9 + tap]!;
      }
    });
    approximation.forEach((q, channel) => {
      const w = block(weights, layer, channel);
      expect(found.errors[channel]).toBeCloseTo(
        w.reduce((sum, x, i) => sum + (x - q[i]!) ** 2, 0),
        10,
      );
    });
  });

  const weights = randomWeights(layer);
  const bad: [string, unknown, unknown, RegExp][] = [
    ['counts too few', Int32Array.of(3, 3), kernels, /one number for each/],
    ['counts of another type', [0, 3, 1, 2], kernels, /element type/],
    ['a negative count', Int32Array.of(-1, 4, 1, 2), kernels, /rank/],
    ['a count above the rank', Int32Array.of(0, 4, 2, 2), new Float32Array(72), /rank/],
    ['groups that differ', Int32Array.of(1, 3, 1, 1), kernels, /every group/],
    ['no kernel at all', new Int32Array(4), new Float32Array(0), /every group/],
    ['kernels too few', counts, kernels.subarray(9), /size/],
  ];
  test.each(bad)('%s: refused', (_, counts, kernels, message) => {
    const call = native().pointwiseWeights as (...given: unknown[]) => unknown;
    expect(() => call(weights, layer, 1, counts, kernels)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringMatching(message) as string }) as Error,
    );
  });
});
