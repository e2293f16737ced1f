import type { Box, Drawing } from '../../src';

const tensor = (name: string, type = 'float32 1×8×4×4', isConstant = false) => ({ name, type, isConstant });

const conv: Box = {
  where: 'floats',
  nodes: [
    {
      ...{ name: 'conv', operator: 'Conv', domain: '' },
      attributes: [['pads', '[1, 1, 1, 1]']],
      inputs: [tensor('x'), tensor('w', 'float32 8×8×3×3', true)],
      outputs: [tensor('c')],
    },
    { name: 'relu', operator: 'Relu', domain: '', attributes: [], inputs: [tensor('c')], outputs: [tensor('r')] },
  ],
  operations: [{ kernel: 'convolution.product', milliseconds: 3, alone: 4.5 }],
  ...{ milliseconds: 3, alone: 4.5, macs: 9216, params: 576, reads: ['x'] },
};

const other = (where: Box['where'], operator: string, reads: Box['reads'], more: Partial<Box> = {}): Box => ({
  where,
  nodes: [{ name: operator, operator, domain: '', attributes: [], inputs: [], outputs: [tensor(`${operator} y`)] }],
  ...{ operations: [], milliseconds: 0, params: 0, reads },
  ...more,
});

/** A drawing made by hand, with a box of each kind. */
export const drawing: Drawing = {
  ...{ file: 'folder/model.onnx', bytes: 2500, macs: 9216, params: 576, folded: ['shape'] },
  boxes: [
    conv,
    other('integers', 'MaxPool', [0], {
      operations: [{ kernel: 'maxPool.rows', milliseconds: 0.5, alone: 0.25 }],
      ...{ milliseconds: 0.5, alone: 0.25 },
    }),
    other('javascript', 'If', [0, 1]),
    other('nowhere', 'Reshape', [2]),
    other('unsupported', 'Strange', [3], { reason: 'The engine has no operator Strange.' }),
    other('unknown', 'Neg', [0]),
  ],
  inputs: [tensor('x')],
  outputs: [
    { ...tensor('y'), from: 4 },
    { ...tensor('x'), from: 'x' },
  ],
  measured: {
    ...{ runs: 9, threads: 2, milliseconds: 5, ofOperations: 4, instructionSet: 'avx2' },
    within: [{ node: 'inner', kernel: 'unary.vector', milliseconds: 0.5 }],
  },
};
