import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { ModelProto, NodeProto } from '../../src/onnx/onnx_pb';
import { seeded } from '../linalg/layers';

/** The layers of {@link smallNetwork} that may be replaced. */
export const layerNames = ['plain', 'grouped', 'shared1', 'wide', 'narrow'] as const;

/**
 * Convolutions of several kinds. `shared1` and `shared2` have the same weights, after a residual `wide` follows, and `narrow`
 * has one output channel.
 */
export function smallNetwork(batch: number | string = 'N'): ModelProto {
  const random = seeded(7);
  const noise = (...dims: number[]) => ({
    type: 'float32' as const,
    dims,
    data: Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => random() - 0.5),
  });
  const conv = (name: string, input: string, weights = name, attributes = {}): NodeProto =>
    makeNode({
      opType: 'Conv',
      name,
      input: [input, `w.${weights}`],
      output: [`${name}.out`],
      attributes: { pads: [1, 1, 1, 1], ...attributes },
    });
  return makeModel({
    nodes: [
      conv('first', 'x'),
      conv('plain', 'first.out'),
      makeNode({ opType: 'Relu', input: ['plain.out'], output: ['relu'] }),
      conv('grouped', 'relu', 'grouped', { group: 2 }),
      conv('shared1', 'grouped.out', 'shared'),
      conv('shared2', 'shared1.out', 'shared', { dilations: [2, 2], pads: [2, 2, 2, 2] }),
      makeNode({ opType: 'Add', input: ['shared2.out', 'relu'], output: ['sum'] }),
      conv('wide', 'sum', 'wide', { strides: [2, 2], pads: [2, 2, 2, 2] }),
      conv('narrow', 'wide.out'),
    ],
    inputs: [makeValueInfo('x', 'float32', [batch, 3, 12, 12])],
    outputs: [makeValueInfo('narrow.out', 'float32', [batch, 1, 6, 6])],
    initializers: {
      'w.first': noise(16, 3, 3, 3),
      'w.plain': noise(16, 16, 3, 3),
      'w.grouped': noise(16, 8, 3, 3),
      'w.shared': noise(16, 16, 3, 3),
      'w.wide': noise(48, 16, 5, 5),
      'w.narrow': noise(1, 48, 3, 3),
    },
  });
}
