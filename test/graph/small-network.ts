import { float32ToFloat16 } from '../../src/onnx/float16';
import { makeModel, makeNode, makeValueInfo, type NodeParts } from '../../src/onnx/make';
import { TensorProto_DataType as Code, type ModelProto } from '../../src/onnx/onnx_pb';
import { encodeTensor } from '../../src/onnx/tensor';
import type { Constant } from '../../src/onnx/value';

/** Floats in [-1, 1) that look random and are the same each time. */
export function floats(dims: readonly number[], seed = 1): Constant {
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state / 2 ** 31 - 1;
  }
  return { type: 'float32', dims, data };
}

export function positive(dims: readonly number[], seed = 1): Constant {
  const { data, ...rest } = floats(dims, seed);
  return { ...rest, data: (data as Float32Array).map((value) => Math.abs(value) + 0.1) };
}

export function integers(...values: number[]): Constant {
  return { type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) };
}

/** The inputs of a BatchNormalization after `source`, and the initializers that they name. */
export function normalization(prefix: string, channels: number): [string[], Record<string, Constant>] {
  const names = ['scale', 'shift', 'mean', 'variance'].map((name) => `${prefix}.${name}`) as [
    string,
    string,
    string,
    string,
  ];
  return [
    names,
    {
      [names[0]]: floats([channels], 11),
      [names[1]]: floats([channels], 12),
      [names[2]]: floats([channels], 13),
      [names[3]]: positive([channels], 14),
    },
  ];
}

/**
 * A network with the clutter of exporters: half-precision Constants and Casts, batch normalisation, an identity, dropout,
 * the Shape → Slice → Concat → Pad of a shortcut, an If with a branch of its own, a dead node.
 */
export function smallNetwork(): ModelProto {
  const half = floats([4, 3, 3, 3], 2);
  const [bnInputs, bn] = normalization('bn', 4);
  const node = (parts: Omit<NodeParts, 'name'>) => makeNode({ ...parts, name: `/${parts.output[0]}` });
  const branch = (name: string, opType: string) => {
    const { graph } = makeModel({
      nodes: [makeNode({ opType, input: ['padded'], output: [name] })],
      inputs: [],
      outputs: [makeValueInfo(name, 'float32', ['batch', 6, 3, 3])],
      name,
    });
    return graph!;
  };
  return makeModel({
    nodes: [
      node({
        opType: 'Constant',
        input: [],
        output: ['half'],
        attributes: {
          value: {
            tensor: encodeTensor('', {
              type: 'float16',
              dims: half.dims,
              data: float32ToFloat16(half.data as Float32Array),
            }),
          },
        },
      }),
      node({ opType: 'Cast', input: ['half'], output: ['w'], attributes: { to: Code.FLOAT } }),
      node({
        opType: 'Conv',
        input: ['x', 'w', 'b'],
        output: ['c'],
        attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
      }),
      node({
        opType: 'BatchNormalization',
        input: ['c', ...bnInputs],
        output: ['n'],
        attributes: { epsilon: { float: 1e-3 } },
      }),
      node({ opType: 'Identity', input: ['n'], output: ['same'] }),
      node({ opType: 'Relu', input: ['same'], output: ['r'] }),
      node({ opType: 'Shape', input: ['r'], output: ['shape'] }),
      node({ opType: 'Constant', input: [], output: ['zero'], attributes: { value_int: 0 } }),
      node({ opType: 'Gather', input: ['shape', 'one'], output: ['channels'] }),
      node({ opType: 'Div', input: ['channels', 'four'], output: ['extra'] }),
      node({
        opType: 'Concat',
        input: ['zeros', 'extra', 'zeros2', 'zeros', 'extra', 'zeros2'],
        output: ['long'],
        attributes: { axis: 0 },
      }),
      node({ opType: 'Slice', input: ['long', 'zeros1', 'eight'], output: ['pads'] }),
      node({ opType: 'Pad', input: ['r', 'pads'], output: ['padded'], attributes: { mode: 'constant' } }),
      node({ opType: 'Dropout', input: ['padded'], output: ['dropped'] }),
      node({
        opType: 'If',
        input: ['yes'],
        output: ['chosen'],
        attributes: { then_branch: { graph: branch('then', 'Relu') }, else_branch: { graph: branch('else', 'Neg') } },
      }),
      node({ opType: 'Add', input: ['dropped', 'chosen'], output: ['y'] }),
      node({ opType: 'Sigmoid', input: ['r'], output: ['dead'] }),
    ],
    inputs: [makeValueInfo('x', 'float32', ['batch', 3, 6, 6])],
    outputs: [makeValueInfo('y', 'float32', ['batch', 6, 3, 3])],
    initializers: {
      b: floats([4], 3),
      one: integers(1),
      four: integers(4),
      zeros: integers(0),
      zeros2: integers(0, 0),
      zeros1: integers(0),
      eight: integers(8),
      unused: floats([5]),
      yes: { type: 'bool', dims: [], data: Uint8Array.of(1) },
      ...bn,
    },
  });
}
