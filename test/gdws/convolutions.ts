import fc from 'fast-check';
import type { AttributeValue } from '../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { seeded } from '../linalg/layers';
import type { Feeds } from './onnxruntime';

/** A convolution with every attribute of ONNX's Conv, on an input that fits. */
export interface ConvolutionCase {
  readonly groups: number;
  readonly rows: number;
  readonly channelsPerGroup: number;
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Begins, then ends; or how ONNX is to find them. */
  readonly pads: readonly number[] | 'SAME_UPPER' | 'SAME_LOWER' | 'VALID';
  readonly bias: boolean;
  readonly batch: number;
  /** Pixels beyond the least that gives an output. */
  readonly extra: readonly number[];
  readonly seed: number;
}

function axes(count: number, min: number, max: number): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min, max }), { minLength: count, maxLength: count });
}

export const convolutionCases: fc.Arbitrary<ConvolutionCase> = fc.constantFrom(1, 2, 2, 2).chain((rank) =>
  fc
    .record({
      groups: fc.integer({ min: 1, max: 3 }),
      rows: fc.integer({ min: 1, max: 12 }),
      channelsPerGroup: fc.integer({ min: 1, max: 5 }),
      kernel: axes(rank, 1, 4),
      strides: axes(rank, 1, 4),
      dilations: axes(rank, 1, 3),
      pads: fc.oneof(axes(2 * rank, 0, 3), fc.constantFrom('SAME_UPPER', 'SAME_LOWER', 'VALID')),
      bias: fc.boolean(),
      batch: fc.integer({ min: 1, max: 2 }),
      extra: axes(rank, 0, 7),
      seed: fc.nat(),
    })
    .filter(({ kernel, groups, channelsPerGroup }) => kernel.some((size) => size > 1) && groups * channelsPerGroup > 1)
    .filter(({ groups, channelsPerGroup }) => groups === 1 || channelsPerGroup > 1)
    // onnxruntime refuses dilations together with SAME.
    .map((one) =>
      typeof one.pads === 'string' && one.pads !== 'VALID' ? { ...one, dilations: one.kernel.map(() => 1) } : one,
    ),
);

export function convolutionModel(one: ConvolutionCase): { model: ModelProto; feeds: Feeds } {
  const random = seeded(one.seed);
  const numbers = (dims: readonly number[]) => ({
    type: 'float32' as const,
    dims,
    data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random() * 2 - 1),
  });
  const [inputChannels, outputChannels] = [one.groups * one.channelsPerGroup, one.groups * one.rows];
  const dims = [
    one.batch,
    inputChannels,
    ...one.kernel.map((size, axis) => (size - 1) * one.dilations[axis]! + 1 + one.extra[axis]!),
  ];
  const attributes: Record<string, AttributeValue> = {
    group: one.groups,
    strides: one.strides,
    dilations: one.dilations,
    ...(typeof one.pads === 'string' ? { auto_pad: one.pads } : { pads: one.pads }),
  };
  const model = makeModel({
    nodes: [
      makeNode({
        opType: 'Conv',
        name: 'conv',
        input: ['x', 'w', ...(one.bias ? ['b'] : [])],
        output: ['y'],
        attributes,
      }),
    ],
    inputs: [makeValueInfo('x', 'float32', dims)],
    outputs: [
      makeValueInfo(
        'y',
        'float32',
        dims.map((_, axis) => `y${axis}`),
      ),
    ],
    initializers: {
      w: numbers([outputChannels, one.channelsPerGroup, ...one.kernel]),
      ...(one.bias ? { b: numbers([outputChannels]) } : {}),
    },
  });
  return { model, feeds: { x: numbers(dims) } };
}
