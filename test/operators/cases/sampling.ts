import type { Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(23);

const cubic = ['bicubic', 'cubic'];

function gridSample(rank: number, mode: string): Case {
  const opset = mode.startsWith('bi')
    ? 16
    : mode === 'nearest' && rank === 2
      ? random.pick([16, 20, 22])
      : random.pick([20, 22]);
  const [n, c] = [random.integer(1, 2), random.integer(1, 3)];
  const spatial = random.dims(rank, 1, rank === 2 ? 7 : 4);
  const reach = random.pick([0.9, 1.3, 3]);
  const grid = random.floats([n, ...random.dims(rank, 1, 5), rank], -reach, reach);
  const padding = random.pick([undefined, 'zeros', 'border', 'reflection']);
  return {
    opType: 'GridSample',
    opset,
    inputs: [random.floats([n, c, ...spatial]), grid],
    attributes: {
      mode,
      ...(padding ? { padding_mode: padding } : {}),
      ...(random.next() < 0.8 ? { align_corners: random.integer(0, 1) } : {}),
    },
    tolerance: cubic.includes(mode) ? 5e-5 : 2e-5,
  };
}

export const samplingCases: readonly Case[] = [
  ...['bilinear', 'nearest', 'linear'].flatMap((mode) => repeat(30, () => gridSample(2, mode))),
  ...cubic.flatMap((mode) => repeat(30, () => gridSample(2, mode))),
  ...['nearest', 'linear'].flatMap((mode) => repeat(20, () => gridSample(3, mode))),
  {
    opType: 'GridSample',
    opset: 22,
    inputs: [random.floats([1, 2, 5, 4]), random.floats([1, 3, 3, 2], -1, 1)],
  },
];
