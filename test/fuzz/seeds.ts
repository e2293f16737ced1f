import { create } from '@bufbuild/protobuf';
import { makeAttribute } from '../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo, type NodeParts } from '../../src/onnx/make';
import { OperatorSetIdProtoSchema, type ModelProto } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { Random } from './random';

let random = new Random(1);

/** Small weights, of either sign. */
function weights(...dims: number[]): Constant {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { type: 'float32', dims, data: Float32Array.from({ length: count }, () => random.next() - 0.5) };
}

const positive = (count: number): Constant => ({
  type: 'float32',
  dims: [count],
  data: Float32Array.from({ length: count }, () => random.next() + 0.5),
});
const floats = (...values: number[]): Constant => ({
  type: 'float32',
  dims: [values.length],
  data: Float32Array.from(values),
});
const integers = (...values: number[]): Constant => ({
  type: 'int64',
  dims: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

/** A scale, or one for each channel. */
const scale = (...values: number[]): Constant => ({
  ...floats(...values),
  dims: values.length === 1 ? [] : [values.length],
});
const byte = (type: 'uint8' | 'int8', value: number): Constant => ({
  type,
  dims: [],
  data: type === 'int8' ? Int8Array.of(value) : Uint8Array.of(value),
});

function byteWeights(type: 'uint8' | 'int8', ...dims: number[]): Constant {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const bytes = Uint8Array.from({ length: count }, () => Math.floor(random.next() * 256));
  return { type, dims, data: type === 'int8' ? new Int8Array(bytes.buffer) : bytes };
}

const int32s = (...values: number[]): Constant => ({
  type: 'int32',
  dims: [values.length],
  data: Int32Array.from(values),
});

type Step = Omit<NodeParts, 'input' | 'output'> & {
  /** Inputs after what the step before computed; all of them, where the first is `!`. */
  readonly more?: readonly string[];
  readonly output?: readonly string[];
};

/** A network whose nodes follow each other, from `x` to `y`. */
function chain(
  x: readonly (number | string)[],
  steps: readonly Step[],
  initializers: Readonly<Record<string, Constant>> = {},
  opset = 17,
): ModelProto {
  let value = 'x';
  const nodes = steps.map(({ more = [], output, ...step }, i) => {
    const results = output ?? [i === steps.length - 1 ? 'y' : `t${i}`];
    const input = more[0] === '!' ? more.slice(1) : [value, ...more];
    value = results[0]!;
    return makeNode({ name: `n${i}`, ...step, input, output: results });
  });
  const inputs = [makeValueInfo('x', 'float32', x)];
  return makeModel({ nodes, inputs, outputs: [makeValueInfo('y', 'float32', [])], initializers, opset });
}

const conv = (weight: string, attributes: NodeParts['attributes'] = { pads: [1, 1, 1, 1] }): Step => ({
  opType: 'Conv',
  more: [weight],
  attributes,
});
const relu: Step = { opType: 'Relu' };

/** One branch of an If: a constant of one number. */
function branch(name: string, value: number) {
  return makeModel({
    nodes: [makeNode({ opType: 'Constant', input: [], output: [name], attributes: { value_float: { float: value } } })],
    inputs: [],
    outputs: [makeValueInfo(name, 'float32', [])],
  }).graph!;
}

const quantizeStep: Step = { opType: 'QuantizeLinear', more: ['s', 'z'] };
const dequantizeStep: Step = { opType: 'DequantizeLinear', more: ['s', 'z'] };
const pair: readonly Step[] = [quantizeStep, dequantizeStep];
/** A chain's step of an operator of onnxruntime's own. */
const microsoft = (opType: string, more: readonly string[], attributes?: NodeParts['attributes']): Step => ({
  opType,
  domain: 'com.microsoft',
  more,
  ...(attributes && { attributes }),
});

/** A chain with dequantized weights before it, whose bytes are `.q`, and which have scales `.s` and zero points `.z` by channel. */
function quantizedChain(
  x: readonly (number | string)[],
  steps: readonly Step[],
  dequantized: readonly string[],
  initializers: Readonly<Record<string, Constant>>,
): ModelProto {
  const model = chain(x, steps, initializers);
  model.graph!.node.unshift(
    ...dequantized.map((name) =>
      makeNode({
        opType: 'DequantizeLinear',
        input: [`${name}.q`, `${name}.s`, ...(`${name}.z` in initializers ? [`${name}.z`] : [])],
        output: [name],
        attributes: { axis: 0 },
      }),
    ),
  );
  model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: 'com.microsoft', version: 1n }));
  return model;
}

/** Networks that together have most operators and all kinds of messages, none larger than a few kilobytes. */
const makers: Readonly<Record<string, () => ModelProto>> = {
  residual: () =>
    chain(
      ['n', 3, 8, 8],
      [
        conv('w1'),
        { opType: 'BatchNormalization', more: ['g', 'b', 'm', 'v'] },
        { ...relu, output: ['skip'] },
        conv('w2'),
        { opType: 'Add', more: ['skip'] },
        relu,
        { opType: 'MaxPool', attributes: { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 } },
        conv('w3', { group: 2, strides: [2, 2], auto_pad: 'SAME_UPPER' }),
        { opType: 'GlobalAveragePool' },
        { opType: 'Flatten' },
        { opType: 'Gemm', more: ['w4', 'c'], attributes: { transB: 1, alpha: { float: 0.5 } } },
        { opType: 'Softmax', attributes: { axis: -1 } },
      ],
      {
        w1: weights(4, 3, 3, 3),
        w2: weights(4, 4, 3, 3),
        w3: weights(6, 2, 3, 3),
        w4: weights(5, 6),
        c: weights(5),
        g: positive(4),
        b: weights(4),
        m: weights(4),
        v: positive(4),
      },
    ),
  gates: () =>
    chain(
      [1, 4, 6, 7],
      [
        conv('w1', { dilations: [2, 1], pads: [2, 1, 2, 1] }),
        { opType: 'Sigmoid' },
        { opType: 'Mul', more: ['t0'] },
        { opType: 'Clip', more: ['zero', 'six'] },
        { opType: 'HardSigmoid', attributes: { alpha: { float: 0.2 } } },
        { opType: 'LeakyRelu' },
        { opType: 'ReduceMean', attributes: { axes: [2, 3], keepdims: 1 } },
        conv('w2', {}),
        { opType: 'Tanh' },
        { opType: 'Div', more: ['six'] },
        { opType: 'Sqrt' },
      ],
      {
        w1: weights(4, 4, 3, 3),
        w2: weights(3, 4, 1, 1),
        zero: { ...floats(0), dims: [] },
        six: { ...floats(6), dims: [] },
      },
      13,
    ),
  decoder: () =>
    chain(
      [1, 3, 4, 5],
      [
        { opType: 'ConvTranspose', more: ['w1'], attributes: { strides: [2, 2], output_padding: [1, 0] } },
        { opType: 'Resize', more: ['', 'scales'], attributes: { mode: 'linear' } },
        { opType: 'Pad', more: ['pads'], attributes: { mode: 'reflect' } },
        { opType: 'DepthToSpace', attributes: { blocksize: 2 } },
        { opType: 'InstanceNormalization', more: ['g', 'b'] },
        { opType: 'Resize', more: ['', '', 'sizes'], attributes: { mode: 'cubic' } },
        { opType: 'LRN', attributes: { size: 3 } },
        { opType: 'AveragePool', attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 } },
        conv('w2'),
      ],
      {
        w1: weights(3, 4, 3, 3),
        w2: weights(2, 1, 3, 3),
        scales: floats(1, 1, 1.5, 2),
        sizes: integers(1, 1, 9, 11),
        pads: integers(0, 0, 1, 1, 0, 0, 1, 1),
        g: positive(1),
        b: weights(1),
      },
    ),
  shapes: () =>
    chain(
      ['n', 2, 3, 4],
      [
        { opType: 'Shape' },
        { opType: 'Gather', more: ['zero'], attributes: { axis: 0 } },
        { opType: 'Concat', more: ['rest'], attributes: { axis: 0 } },
        { opType: 'Cast', attributes: { to: 7 } },
        { opType: 'Reshape', more: ['!', 'x', 't3'] },
        { opType: 'Transpose', attributes: { perm: [0, 2, 1] } },
        { opType: 'Slice', more: ['from', 'to', 'axes'] },
        { opType: 'Split', attributes: { axis: 1 }, output: ['a', 'b'] },
        { opType: 'Where', more: ['!', 'mask', 'a', 'b'] },
        { opType: 'Unsqueeze', more: ['from'] },
        { opType: 'Expand', more: ['wide'] },
        { opType: 'Tile', more: ['times'] },
        { opType: 'Squeeze', more: ['from'] },
      ],
      {
        zero: integers(0),
        rest: integers(4, 6),
        from: integers(0),
        to: integers(4),
        axes: integers(2),
        wide: integers(1, 1, 1, 4),
        times: integers(1, 1, 2, 1),
        mask: { type: 'bool', dims: [4], data: Uint8Array.of(1, 0, 0, 1) },
      },
      13,
    ),
  constants: () =>
    chain(
      [2, 3],
      [
        { opType: 'Constant', more: ['!'], attributes: { value_ints: [2, 3] } },
        { opType: 'ConstantOfShape' },
        { opType: 'Range', more: ['!', 'start', 'end', 'step'] },
        { opType: 'Mul', more: ['t2'] },
        { opType: 'Pow', more: ['step'] },
        { opType: 'CumSum', more: ['axis'] },
        { opType: 'Cast', attributes: { to: 1 } },
        { opType: 'Add', more: ['x'] },
        { opType: 'EyeLike', more: ['!', 't1'] },
        { opType: 'MatMul', more: ['m'] },
        { opType: 'TopK', more: ['k'], output: ['v', 'i'] },
        { opType: 'ArgMax', attributes: { axis: 1 } },
        { opType: 'OneHot', more: ['depth', 'pair'] },
        { opType: 'Sum', more: ['v'] },
      ],
      {
        start: { ...integers(0), dims: [] },
        end: { ...integers(3), dims: [] },
        step: { ...integers(1), dims: [] },
        axis: { ...integers(0), dims: [] },
        depth: { ...integers(3), dims: [] },
        k: integers(1),
        m: weights(3, 3),
        pair: floats(0, 1),
      },
    ),
  separable: () =>
    chain(
      [1, 'c', 'h', 'w'],
      [
        conv('d', { group: 4, pads: [1, 1, 1, 1], strides: [2, 1] }),
        { opType: 'HardSwish' },
        conv('p', {}),
        { opType: 'PRelu', more: ['slope'] },
        { opType: 'Dropout' },
        { opType: 'Identity' },
        { opType: 'LayerNormalization', more: ['g'], attributes: { axis: 1 } },
        { opType: 'ReduceMax', attributes: { axes: [1], keepdims: 0 } },
      ],
      { d: weights(8, 1, 3, 3), p: weights(4, 8, 1, 1), slope: weights(4, 1, 1), g: positive(1) },
    ),
  control: () => {
    const model = chain([1], [{ opType: 'Greater', more: ['zero'] }, { opType: 'If' }], { zero: floats(0) }, 11);
    model.graph!.node[1]!.attribute = [
      makeAttribute('then_branch', { graph: branch('a', 1) }),
      makeAttribute('else_branch', { graph: branch('b', 2) }),
    ];
    return model;
  },
  half: () => {
    const model = chain([1, 2, 4, 4], [{ opType: 'Cast', attributes: { to: 10 } }, conv('w'), conv('w2')], {
      w: { type: 'float16', dims: [2, 2, 3, 3], data: Uint16Array.from({ length: 36 }, (_, i) => 0x3000 + i * 37) },
      w2: { type: 'float16', dims: [1, 2, 3, 3], data: Uint16Array.from({ length: 18 }, (_, i) => 0xb000 + i * 71) },
    });
    model.graph!.output = [makeValueInfo('y', 'float16', [1, 1, 4, 4])];
    return model;
  },
  qdq: () =>
    quantizedChain(
      ['n', 3, 6, 6],
      [
        ...pair,
        { opType: 'Conv', more: ['w1', 'b1'], attributes: { pads: [1, 1, 1, 1] } },
        relu,
        quantizeStep,
        { ...dequantizeStep, output: ['skip'] },
        { opType: 'Conv', more: ['w2'], attributes: { pads: [1, 1, 1, 1] } },
        ...pair,
        { opType: 'Add', more: ['skip'] },
        ...pair,
        { opType: 'MaxPool', attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
        ...pair,
        { opType: 'Sigmoid' },
        ...pair,
        { opType: 'Mul', more: ['half'] },
        ...pair,
        { opType: 'GlobalAveragePool' },
        ...pair,
        { opType: 'Flatten' },
        { opType: 'Gemm', more: ['w3', 'b3'], attributes: { transB: 1 } },
      ],
      ['w1', 'b1', 'w2', 'w3', 'half'],
      {
        s: scale(0.05),
        z: byte('uint8', 120),
        'w1.q': byteWeights('int8', 4, 3, 3, 3),
        'w1.s': scale(0.01, 0.02, 0.01, 0.03),
        'b1.q': int32s(100, -200, 300, 0),
        'b1.s': scale(0.0005, 0.001, 0.0005, 0.0015),
        'w2.q': byteWeights('uint8', 4, 4, 3, 3),
        'w2.s': scale(0.01),
        'w2.z': byte('uint8', 128),
        'w3.q': byteWeights('int8', 5, 4),
        'w3.s': scale(0.02),
        b3: weights(5),
        'half.q': byte('uint8', 200),
        'half.s': scale(0.05),
        'half.z': byte('uint8', 120),
      },
    ),
  qdqStages: () =>
    quantizedChain(
      [1, 2, 7, 6],
      [
        quantizeStep,
        { opType: 'Gather', more: ['twice'], attributes: { axis: 1 } },
        dequantizeStep,
        { opType: 'Conv', more: ['d'], attributes: { group: 4, pads: [1, 1, 1, 1], strides: [2, 1] } },
        ...pair,
        { opType: 'Conv', more: ['p'] },
        { opType: 'Clip', more: ['', 'six'] },
        ...pair,
        { opType: 'AveragePool', attributes: { kernel_shape: [2, 2], pads: [1, 0, 0, 1] } },
        ...pair,
        { opType: 'Transpose', attributes: { perm: [0, 2, 3, 1] } },
      ],
      ['d', 'p'],
      {
        s: scale(0.04),
        z: byte('int8', -7),
        twice: integers(0, 0, 1, 1),
        six: { ...floats(6), dims: [] },
        'd.q': byteWeights('int8', 4, 1, 3, 3),
        'd.s': scale(0.01, 0.02, 0.03, 0.01),
        'p.q': byteWeights('int8', 3, 4, 1, 1),
        'p.s': scale(0.02, 0.01, 0.01),
      },
    ),
  qOperators: () =>
    quantizedChain(
      [1, 2, 5, 5],
      [
        { ...quantizeStep, output: ['bytes'] },
        {
          opType: 'QLinearConv',
          more: ['s', 'z', 'w', 's', 'zero', 's', 'z', 'b'],
          attributes: { pads: [1, 1, 1, 1] },
        },
        microsoft('QLinearAdd', ['s', 'z', 'bytes', 's', 'z', 's', 'z']),
        microsoft('QLinearLeakyRelu', ['s', 'z', 's', 'z'], { alpha: { float: 0.1 } }),
        microsoft('QLinearSigmoid', ['s', 'z', 's', 'z']),
        microsoft('QLinearConcat', ['!', 's', 'z', 't4', 's', 'z', 'bytes', 's', 'z'], { axis: 1 }),
        microsoft('QLinearAveragePool', ['s', 'z', 's', 'z'], { kernel_shape: [2, 2] }),
        microsoft('QLinearMul', ['s', 'z', 't6', 's', 'z', 's', 'z']),
        microsoft('QLinearGlobalAveragePool', ['s', 'z', 's', 'z']),
        { opType: 'Flatten' },
        { opType: 'QLinearMatMul', more: ['s', 'z', 'm', 's', 'zero', 's', 'z'] },
        microsoft('QGemm', ['s', 'z', 'm3', 's', 'zero', '', 's', 'z']),
        dequantizeStep,
      ],
      [],
      {
        s: scale(0.06),
        z: byte('uint8', 100),
        zero: byte('int8', 0),
        w: byteWeights('int8', 2, 2, 3, 3),
        b: int32s(40, -50),
        m: byteWeights('int8', 4, 3),
        m3: byteWeights('int8', 3, 2),
      },
    ),
  dynamic: () =>
    quantizedChain(
      ['n', 2, 4, 4],
      [
        { opType: 'DynamicQuantizeLinear', output: ['q', 'qs', 'qz'] },
        { opType: 'ConvInteger', more: ['w', 'qz', 'wz'], attributes: { pads: [1, 1, 1, 1] } },
        { opType: 'Cast', attributes: { to: 1 } },
        { opType: 'Mul', more: ['!', 'qs', 'ws'], output: ['both'] },
        { opType: 'Mul', more: ['t2'], output: ['scaled'] },
        { opType: 'Add', more: ['b'] },
        { opType: 'DynamicQuantizeLinear', output: ['r', 'rs', 'rz'] },
        { opType: 'Transpose', attributes: { perm: [0, 1, 3, 2] }, output: ['turned'] },
        { opType: 'MatMulInteger', more: ['!', 'r', 'turned', 'rz', 'rz'] },
        { opType: 'Cast', attributes: { to: 1 } },
        { opType: 'Mul', more: ['rs'] },
      ],
      [],
      {
        w: byteWeights('uint8', 3, 2, 3, 3),
        wz: byte('uint8', 127),
        ws: scale(0.02),
        b: weights(3, 1, 1),
      },
    ),
};

/** The seeds by name, the same at every call. */
export function makeSeeds(): Map<string, ModelProto> {
  random = new Random(1);
  return new Map(Object.entries(makers).map(([name, make]) => [name, make()]));
}
