import { foldBatchNormalization } from '../../src/analysis/fold-batch-normalization';
import { Graph } from '../../src/graph/graph';
import { float32ToFloat16 } from '../../src/onnx/float16';
import { makeModel, makeNode, makeValueInfo, type NodeParts } from '../../src/onnx/make';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { floats, normalization } from '../graph/small-network';
import { agreesAfter, operatorsOf } from './agreement';

interface Layer {
  readonly opType: 'Conv' | 'ConvTranspose' | 'Gemm';
  readonly x: number[];
  readonly w: number[];
  readonly bias?: number[];
  readonly channels: number;
  readonly attributes?: NodeParts['attributes'];
}

/** A layer with a normalisation behind it, and what more is wanted. */
function modelOf(
  { opType, x, w, bias, channels, attributes }: Layer,
  {
    nodes = [],
    outputs = ['y'],
    opset = 17,
    epsilon = 1e-5,
    extra = {},
  }: {
    nodes?: NodeParts[];
    outputs?: string[];
    opset?: number;
    epsilon?: number;
    extra?: Record<string, Constant>;
  } = {},
): ModelProto {
  const [names, parameters] = normalization('bn', channels);
  return makeModel({
    nodes: [
      { opType, name: 'layer', input: bias ? ['x', 'w', 'b'] : ['x', 'w'], output: ['a'], attributes },
      {
        opType: 'BatchNormalization',
        name: 'norm',
        input: ['a', ...names],
        output: ['y'],
        attributes: { epsilon: { float: epsilon } },
      },
      ...nodes,
    ].map(makeNode),
    inputs: [makeValueInfo('x', 'float32', x)],
    outputs: outputs.map((name) =>
      makeValueInfo(
        name,
        'float32',
        x.map((_, axis) => `${name}${axis}`),
      ),
    ),
    initializers: { w: floats(w, 2), ...(bias ? { b: floats(bias, 3) } : {}), ...parameters, ...extra },
    opset,
  });
}

const conv: Layer = { opType: 'Conv', x: [2, 4, 7, 5], w: [6, 4, 3, 3], channels: 6 };

const layers: [string, Layer][] = [
  ['Conv', conv],
  ['Conv with a bias', { ...conv, bias: [6] }],
  [
    'Conv in groups, strided, asymmetrically padded',
    { ...conv, w: [6, 2, 3, 2], attributes: { group: 2, strides: [2, 1], pads: [1, 0, 2, 1] } },
  ],
  ['depthwise Conv', { ...conv, w: [4, 1, 3, 3], channels: 4, attributes: { group: 4 } }],
  ['1-D Conv', { ...conv, x: [2, 4, 9], w: [6, 4, 3] }],
  ['3-D Conv', { ...conv, x: [1, 2, 5, 4, 3], w: [3, 2, 3, 3, 3], channels: 3 }],
  [
    'ConvTranspose',
    { opType: 'ConvTranspose', x: [2, 4, 5, 3], w: [4, 6, 3, 3], channels: 6, attributes: { strides: [2, 2] } },
  ],
  [
    'ConvTranspose in groups',
    { opType: 'ConvTranspose', x: [2, 6, 5, 3], w: [6, 2, 3, 2], bias: [6], channels: 6, attributes: { group: 3 } },
  ],
  ['Gemm', { opType: 'Gemm', x: [3, 5], w: [5, 4], channels: 4 }],
  [
    'Gemm, transposed, with factors',
    {
      opType: 'Gemm',
      x: [5, 3],
      w: [4, 5],
      bias: [4],
      channels: 4,
      attributes: { transA: 1, transB: 1, alpha: { float: 0.5 }, beta: { float: 3 } },
    },
  ],
  ['Gemm with a bias of one row', { opType: 'Gemm', x: [3, 5], w: [5, 4], bias: [1, 4], channels: 4 }],
  [
    'Gemm with one number for a bias',
    { opType: 'Gemm', x: [3, 5], w: [5, 4], bias: [1], channels: 4, attributes: { beta: { float: -2 } } },
  ],
  ['Gemm with a scalar bias', { opType: 'Gemm', x: [3, 5], w: [5, 4], bias: [], channels: 4 }],
];
describe.each([7, 9, 14, 17])('opset %d', (opset) => {
  // The bias of a Gemm is optional from opset 11 on.
  const possible = layers.filter(([, { opType, bias }]) => opType !== 'Gemm' || bias || opset >= 11);
  test.each(possible)('%s', async (_, layer) => {
    const graph = await agreesAfter(modelOf(layer, { opset, epsilon: 0.01 }), { x: floats(layer.x, 8) }, (graph) => {
      expect(foldBatchNormalization(graph)).toBe(1);
    });
    expect(operatorsOf(graph)).toEqual([layer.opType]);
    // The weights keep their name, and the parameters are gone.
    expect(graph.proto.initializer).toHaveLength(2);
    expect(graph.nodes[0]!.input[1]).toBe('w');
  });
});

const node = (opType: string, input: string, output: string): NodeParts => ({
  opType,
  name: output,
  input: input.split(' '),
  output: [output],
});

test('two in a row', async () => {
  const [names, parameters] = normalization('second', 6);
  const second = { opType: 'BatchNormalization', input: ['y', ...names], output: ['z'] };
  const model = modelOf(conv, { nodes: [second], outputs: ['z'], extra: parameters });
  const graph = await agreesAfter(model, { x: floats(conv.x) }, foldBatchNormalization);
  expect(operatorsOf(graph)).toEqual(['Conv']);
});

test('weights that two layers share: each gets its own', async () => {
  const model = modelOf(conv, { nodes: [node('Conv', 'x w', 'z')], outputs: ['y', 'z'] });
  const graph = await agreesAfter(model, { x: floats(conv.x) }, foldBatchNormalization);
  expect(operatorsOf(graph)).toEqual(['Conv', 'Conv']);
  expect(graph.constant('w')).toEqual(floats(conv.w, 2));
});

test('weights in a Constant', async () => {
  const model = modelOf(conv);
  const tensor = model.graph!.initializer.shift()!;
  model.graph!.node.unshift(
    makeNode({ opType: 'Constant', input: [], output: ['w'], attributes: { value: { tensor } } }),
  );
  const graph = await agreesAfter(model, { x: floats(conv.x) }, foldBatchNormalization);
  expect(operatorsOf(graph)).toEqual(['Conv']);
});

test('half precision, rounded once', () => {
  const half = (constant: Constant): Constant => ({
    ...constant,
    type: 'float16',
    data: float32ToFloat16(constant.data as Float32Array),
  });
  const [single, narrow] = [modelOf(conv), modelOf(conv)].map((model) => new Graph(model)) as [Graph, Graph];
  for (const { name } of narrow.proto.initializer) narrow.setInitializer(name, half(narrow.constant(name)!));
  expect([foldBatchNormalization(single), foldBatchNormalization(narrow)]).toEqual([1, 1]);
  const expected = half(single.constant('w')!).data as Uint16Array;
  const found = narrow.constant('w')!;
  expect(found.type).toBe('float16');
  (found.data as Uint16Array).forEach((pattern, i) => expect(Math.abs(pattern - expected[i]!)).toBeLessThan(8));
});

const left: [string, ModelProto][] = [
  ['what something else reads too', modelOf(conv, { nodes: [node('Relu', 'a', 'z')], outputs: ['y', 'z'] })],
  ['what is an output too', modelOf(conv, { outputs: ['y', 'a'] })],
  ['a bias for each row', modelOf({ opType: 'Gemm', x: [4, 5], w: [5, 4], bias: [4, 1], channels: 4 })],
  ['a bias for each element', modelOf({ opType: 'Gemm', x: [4, 5], w: [5, 4], bias: [4, 4], channels: 4 })],
];
test.each(left)('%s is left', async (_, model) => {
  const x = model.graph!.input[0]!.type!.value.value!.shape!.dim.map(({ value }) => Number(value.value));
  const graph = await agreesAfter(model, { x: floats(x) }, (graph) => {
    expect(foldBatchNormalization(graph)).toBe(0);
  });
  expect(operatorsOf(graph)).toContain('BatchNormalization');
});

const edits: [string, (model: ModelProto) => void][] = [
  [
    'in training, opset 14',
    ({ graph }) =>
      graph!.node[1]!.attribute.push(
        ...makeNode({ opType: '', input: [], output: [], attributes: { training_mode: 1 } }).attribute,
      ),
  ],
  [
    'in training before opset 14: with the statistics as outputs',
    ({ graph }) => graph!.node[1]!.output.push('mean', 'variance'),
  ],
  [
    'each pixel by itself, opset 7',
    ({ graph }) =>
      graph!.node[1]!.attribute.push(
        ...makeNode({ opType: '', input: [], output: [], attributes: { spatial: 0 } }).attribute,
      ),
  ],
  ['of opset 6, where training was the default', ({ opsetImport }) => void (opsetImport[0]!.version = 6n)],
  ['of another domain', ({ graph }) => void (graph!.node[1]!.domain = 'com.example')],
  [
    'with parameters that a run may override',
    ({ graph }) => graph!.input.push(makeValueInfo('bn.mean', 'float32', [6])),
  ],
  [
    'with computed parameters',
    ({ graph }) => {
      graph!.node.unshift(makeNode(node('Neg', 'bn.shift', 'computed')));
      graph!.node[2]!.input[2] = 'computed';
    },
  ],
  [
    'of a variance that has no root',
    ({ graph }) => {
      const tensor = graph!.initializer.find(({ name }) => name === 'bn.variance')!;
      tensor.rawData = new Uint8Array(new Float32Array(6).fill(-1).buffer);
    },
  ],
  [
    'with too few parameters',
    ({ graph }) => {
      for (const one of graph!.initializer)
        if (one.name.startsWith('bn.')) {
          one.dims = [5n];
          one.rawData = one.rawData.subarray(0, 20);
        }
    },
  ],
  ['behind a Conv of another domain', ({ graph }) => void (graph!.node[0]!.domain = 'com.example')],
  ['behind something else', ({ graph }) => void (graph!.node[0] = makeNode(node('Relu', 'x', 'a')))],
  [
    'of an input',
    ({ graph }) => {
      graph!.node.shift();
      graph!.node[0]!.input[0] = 'x';
    },
  ],
];
test.each(edits)('one %s is left', (_, edit) => {
  const model = modelOf(conv);
  edit(model);
  const graph = new Graph(model);
  expect(foldBatchNormalization(graph)).toBe(0);
  expect(operatorsOf(graph)).toContain('BatchNormalization');
});

test('before IR version 4, where every initializer is an input', () => {
  const model = modelOf({ ...conv, bias: [6] }, { opset: 8 });
  model.irVersion = 3n;
  for (const { name, dims } of model.graph!.initializer)
    model.graph!.input.push(makeValueInfo(name, 'float32', dims.map(Number)));
  const graph = new Graph(model);
  expect(foldBatchNormalization(graph)).toBe(1);
  expect(graph.proto.input.map(({ name }) => name)).toEqual(['x', 'w', 'b']);
});
