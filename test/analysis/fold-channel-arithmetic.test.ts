import { foldChannelArithmetic } from '../../src/analysis/fold-channel-arithmetic';
import { Graph } from '../../src/graph/graph';
import { makeModel, makeNode, makeValueInfo, type NodeParts } from '../../src/onnx/make';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { constantOf } from '../../src/operators/elements';
import type { Constant } from '../../src/onnx/value';
import { floats, positive } from '../graph/small-network';
import { agreesAfter, operatorsOf } from './agreement';

interface Layer {
  readonly opType: 'Conv' | 'ConvTranspose' | 'Gemm';
  readonly x: number[];
  readonly w: number[];
  readonly attributes?: NodeParts['attributes'];
}

/** A layer, and after it operations on its result, which is named `a`, and constants. */
function modelOf(
  { opType, x, w, attributes }: Layer,
  nodes: readonly NodeParts[],
  constants: Readonly<Record<string, Constant>>,
  { opset = 17, outputs = ['y'] }: { opset?: number; outputs?: string[] } = {},
): ModelProto {
  const bias: Record<string, Constant> = opType === 'Gemm' ? { b: floats([w[1]!], 3) } : {};
  return makeModel({
    nodes: [
      makeNode({ opType, name: 'layer', input: ['x', 'w', ...Object.keys(bias)], output: ['a'], attributes }),
      ...nodes.map(makeNode),
    ],
    inputs: [makeValueInfo('x', 'float32', x)],
    outputs: outputs.map((name) =>
      makeValueInfo(
        name,
        'float32',
        x.map((_, axis) => `${name}${axis}`),
      ),
    ),
    initializers: { w: floats(w, 2), ...bias, ...constants },
    opset,
  });
}

const node = (opType: string, input: string, output = 'y'): NodeParts => ({
  opType,
  name: output,
  input: input.split(' '),
  output: [output],
});

const conv: Layer = { opType: 'Conv', x: [2, 4, 7, 5], w: [6, 4, 3, 3] };
const layers: [string, Layer, number[][]][] = [
  ['Conv', conv, [[], [1], [6, 1, 1], [1, 6, 1, 1], [1, 1, 1, 1]]],
  ['depthwise Conv', { ...conv, w: [4, 1, 3, 3], attributes: { group: 4 } }, [[], [4, 1, 1]]],
  ['1-D Conv', { ...conv, x: [2, 4, 9], w: [6, 4, 3] }, [[1], [6, 1], [1, 6, 1]]],
  [
    'ConvTranspose in groups',
    { opType: 'ConvTranspose', x: [2, 6, 5, 3], w: [6, 2, 3, 2], attributes: { group: 3 } },
    [[], [6, 1, 1]],
  ],
  ['Gemm', { opType: 'Gemm', x: [3, 5], w: [5, 4], attributes: { beta: { float: -2 } } }, [[], [4], [1, 4]]],
];
const operations = ['Mul a c', 'Mul c a', 'Div a c', 'Add a c', 'Add c a', 'Sub a c', 'Sub c a'];

describe.each(layers)('%s', (_, layer, shapes) => {
  test.each(shapes.flatMap((dims) => operations.map((operation) => [operation, dims] as const)))(
    '%s, constant of %j',
    async (operation, dims) => {
      const [opType, ...inputs] = operation.split(' ');
      const model = modelOf(layer, [node(opType!, inputs.join(' '))], { c: positive(dims, 5) });
      const graph = await agreesAfter(model, { x: floats(layer.x, 8) }, (graph) => {
        expect(foldChannelArithmetic(graph)).toBe(1);
      });
      expect(operatorsOf(graph)).toEqual([layer.opType]);
      expect(graph.proto.initializer.map(({ name }) => name)).not.toContain('c');
    },
  );
});

test('several in a row, around an activation', async () => {
  const nodes = [node('Mul', 'a s', 'b1'), node('Add', 'b1 t', 'b2'), node('Relu', 'b2', 'r'), node('Mul', 'r s')];
  const model = modelOf(conv, nodes, { s: floats([1], 5), t: floats([6, 1, 1], 6) });
  const graph = await agreesAfter(model, { x: floats(conv.x, 8) }, foldChannelArithmetic);
  expect(operatorsOf(graph)).toEqual(['Conv', 'Relu', 'Mul']);
});

const left: [string, ModelProto][] = [
  ['a constant for each column', modelOf(conv, [node('Mul', 'a c')], { c: floats([3]) })],
  ['a constant for each row and channel', modelOf(conv, [node('Add', 'a c')], { c: floats([6, 5, 1]) })],
  ['a constant of more dims', modelOf(conv, [node('Add', 'a c')], { c: floats([1, 1, 1, 1, 1]) })],
  ['a constant for each image', modelOf(conv, [node('Add', 'a c')], { c: floats([2, 1, 1, 1]) })],
  ['a constant by the result', modelOf(conv, [node('Div', 'c a')], { c: floats([6, 1, 1]) })],
  ['a square', modelOf(conv, [node('Mul', 'a a')], {})],
  [
    'what something else reads too',
    modelOf(conv, [node('Mul', 'a c'), node('Relu', 'a', 'z')], { c: floats([]) }, { outputs: ['y', 'z'] }),
  ],
  ['what is an output too', modelOf(conv, [node('Mul', 'a c')], { c: floats([]) }, { outputs: ['y', 'a'] })],
  ['a power', modelOf(conv, [node('Pow', 'a c')], { c: constantOf('float32', [], [2]) })],
];
test.each(left)('%s is left', async (_, model) => {
  const graph = await agreesAfter(model, { x: floats(conv.x, 8) }, (graph) => {
    expect(foldChannelArithmetic(graph)).toBe(0);
  });
  expect(operatorsOf(graph)).toHaveLength(model.graph!.node.length);
});

test('a quotient that is not finite is left', () => {
  const model = modelOf(conv, [node('Div', 'a c')], { c: constantOf('float32', [], [0]) });
  expect(foldChannelArithmetic(new Graph(model))).toBe(0);
});

test.each<[string, (model: ModelProto) => void]>([
  ['that a run may override', ({ graph }) => graph!.input.push(makeValueInfo('c', 'float32', []))],
  ['of operator set 6, where an attribute tells the axes', ({ opsetImport }) => void (opsetImport[0]!.version = 6n)],
  [
    'of half precision, whose weights would be rounded again',
    ({ graph }) => {
      const tensor = graph!.initializer.find(({ name }) => name === 'c')!;
      tensor.dataType = 10;
      tensor.rawData = new Uint8Array(2);
    },
  ],
  ['of another domain', ({ graph }) => void (graph!.node[1]!.domain = 'com.example')],
])('one %s is left', (_, edit) => {
  const model = modelOf(conv, [node('Mul', 'a c')], { c: floats([]) });
  edit(model);
  expect(foldChannelArithmetic(new Graph(model))).toBe(0);
});
