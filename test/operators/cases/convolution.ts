import { known, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(1);

/** Padding attributes of a window over `rank` axes, in one of the forms. */
function padding(rank: number, least = 0): { auto_pad?: string; pads?: number[] } {
  const mode = random.pick(['none', 'pads', 'pads', 'VALID', 'SAME_UPPER', 'SAME_LOWER']);
  if (mode === 'none') return {};
  return mode === 'pads' ? { pads: random.dims(2 * rank, least, 2) } : { auto_pad: mode };
}

function convolution(rank: number): Case {
  const groups = random.pick([1, 1, 2, 3]);
  const [perGroup, outputs] = [random.integer(1, 3), groups * random.integer(1, 3)];
  const kernel = random.dims(rank, 1, 3);
  const attributes = padding(rank);
  const same = attributes.auto_pad?.startsWith('SAME');
  const dilations = same ? undefined : random.pick([undefined, random.dims(rank, 1, 2)]);
  const spatial = random.dims(rank, 5, 8);
  const weights = random.floats([outputs, perGroup, ...kernel]);
  const bias = random.pick([undefined, random.floats([outputs])]);
  return {
    opType: 'Conv',
    opset: random.pick([7, 11, 13, 22]),
    inputs: [
      random.floats([random.integer(1, 2), groups * perGroup, ...spatial]),
      random.next() < 0.8 ? known(weights) : weights,
      ...(bias ? [known(bias)] : []),
    ],
    attributes: {
      ...attributes,
      ...(random.next() < 0.5 ? { strides: random.dims(rank, 1, 3) } : {}),
      ...(random.next() < 0.5 ? { kernel_shape: kernel } : {}),
      ...(dilations ? { dilations } : {}),
      group: groups,
    },
  };
}

function transposed(rank: number): Case {
  const groups = random.pick([1, 1, 2]);
  const [channels, perGroup] = [groups * random.integer(1, 3), random.integer(1, 3)];
  const kernel = random.dims(rank, 1, 3);
  const strides = random.dims(rank, 1, 3);
  const attributes = padding(rank);
  const shaped = attributes.pads === undefined && random.next() < 0.4;
  const spatial = random.dims(rank, 3, 6);
  const extra = strides.map((stride) => random.integer(0, stride - 1));
  const output = spatial.map((size, axis) => (size - 1) * strides[axis]! + kernel[axis]! - random.integer(0, 1));
  const weights = random.floats([channels, perGroup, ...kernel]);
  return {
    opType: 'ConvTranspose',
    opset: random.pick([7, 11, 22]),
    inputs: [
      random.floats([random.integer(1, 2), channels, ...spatial]),
      random.next() < 0.8 ? known(weights) : weights,
      ...random.pick([[], [known(random.floats([groups * perGroup]))]]),
    ],
    attributes: {
      ...attributes,
      strides,
      kernel_shape: kernel,
      group: groups,
      ...(shaped ? { output_shape: output.map((size) => Math.max(size, 1)) } : { output_padding: extra }),
      ...(random.next() < 0.3 && !attributes.auto_pad?.startsWith('SAME')
        ? { dilations: random.dims(rank, 1, 2) }
        : {}),
    },
  };
}

/** Windows as those of spectra: long, far apart, of one channel to many or back. */
function spectrum(opType: 'Conv' | 'ConvTranspose', kernel: number, stride: number, bins: number): Case {
  const isForward = opType === 'Conv';
  const pad = random.pick([0, kernel / 2]);
  return {
    opType,
    opset: 11,
    inputs: [
      random.floats(isForward ? [1, 1, kernel + 5 * stride] : [1, bins, 9]),
      known(random.floats([bins, 1, kernel], -0.1, 0.1)),
    ],
    attributes: { strides: [stride], pads: [pad, pad] },
  };
}

/** A dilation beyond the length of lines that kernels make. */
function distant(): Case {
  return {
    opType: 'Conv',
    opset: 11,
    inputs: [random.floats([1, 2, 70100]), known(random.floats([6, 2, 2]))],
    attributes: { dilations: [70000], strides: [random.pick([1, 7])] },
  };
}

export const convolutionCases: readonly Case[] = [
  ...repeat(40, () => convolution(2)),
  ...repeat(12, () => convolution(1)),
  ...repeat(12, () => convolution(3)),
  ...repeat(40, () => transposed(2)),
  ...repeat(10, () => transposed(1)),
  ...repeat(40, () => transposed(3)),
];

/** Too large for differences in double precision. */
export const distantConvolutionCases: readonly Case[] = [
  ...(['Conv', 'ConvTranspose'] as const).flatMap((opType) => [
    ...repeat(2, () => spectrum(opType, 64, 40, 33)),
    ...repeat(2, () => spectrum(opType, 512, 128, 130)),
  ]),
  ...repeat(2, distant),
];
