import type { SweepReport, SweptNetwork } from '../../src';
import { pngOf } from '../../src/sweep/png';

const layer = {
  name: 'conv',
  outputChannels: 8,
  inputChannels: 4,
  groups: 1,
  kernel: [3, 3],
  macs: { before: 1000, after: 500 },
  params: { before: 100, after: 50 },
};

function share(successes: number) {
  return { successes, trials: 10, value: successes / 10, lower: successes / 10 - 0.1, upper: successes / 10 + 0.1 };
}

const dense: SweptNetwork = {
  ...{ method: 'dense', budget: 1, macs: 2000, params: 200, bytes: 900 },
  ...{ natural: share(9), robust: share(7), imagesPerSecond: 100, milliseconds: 10, predictedMilliseconds: 10 },
  layers: [],
};

const picture = pngOf([0, 1], [1, 1, 2]).toString('base64');

/** A report made by hand: two budgets by each method, one of which the paper's cannot meet. */
export const report: SweepReport = {
  version: 1,
  model: 'folder/<b>model.onnx',
  settings: {
    ...{ budgets: [0.25, 0.5], images: 10, calibrationImages: 0, threads: 1, batch: 1, seed: 0, within: 0.1 },
    attack: { attack: 'pgd', norm: 'linf', eps: '8/255' },
    instructionSet: 'avx2',
  },
  networks: [
    dense,
    {
      ...dense,
      ...{ method: 'gdws', budget: 0.5, macs: 1000, params: 120, natural: share(8), milliseconds: 6 },
      predictedMilliseconds: 5,
      layers: [
        { ...layer, status: 'gdws', g: [0, 1, 1, 3], kernels: 5, error: 1, relativeError: 0.1 },
        { ...layer, name: '</script>', status: 'dense', reason: 'first convolution', error: 0, relativeError: 0 },
      ],
    },
    {
      ...dense,
      ...{ method: 'gdws', budget: 0.25, macs: 500, params: 60, natural: share(6), milliseconds: 3 },
      layers: [{ ...layer, status: 'gdws', g: [0, 0, 1, 1], kernels: 2, error: 3, relativeError: 0.3 }],
    },
    {
      ...dense,
      ...{ method: 'paper', budget: 0.5, macs: 990, params: 110, natural: share(4), milliseconds: 7 },
      layers: [{ ...layer, status: 'gdws', g: [1, 1, 1, 1], kernels: 4, error: 2, relativeError: 0.2 }],
    },
  ],
  chosen: 1,
  changed: {
    ...{ count: 3, lost: 1, gained: 0 },
    examples: [
      {
        image: 7,
        label: 2,
        dense: { class: 2, probability: 0.75 },
        chosen: { class: 1, probability: 0.5 },
        png: picture,
      },
    ],
  },
  unmet: [{ method: 'paper', budget: 0.25, reason: 'no β leaves only 0.25 of the macs.' }],
  spectra: [{ name: 'conv', kernels: [0, 10, 20], lost: [1, 0.01, 0] }],
};
