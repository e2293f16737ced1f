import { recognizeHardSigmoid } from '../../src/analysis/recognize-hard-sigmoid';
import { Graph } from '../../src/graph/graph';
import { makeModel, makeNode, makeValueInfo, type NodeParts } from '../../src/onnx/make';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { constantOf } from '../../src/operators/elements';
import { agreesAfter, operatorsOf } from './agreement';

const dims = [2, 3, 5];

/** Nodes as `y = Div m six`, over the input x and constants named by their number. */
function modelOf(lines: string, { opset = 13, outputs = ['y'] }: { opset?: number; outputs?: string[] } = {}) {
  const nodes = lines.split(';').map((line): NodeParts => {
    const [output, opType, ...input] = line.trim().split(/ = | /) as [string, string, ...string[]];
    if (opType !== 'Clip' || opset >= 11) return { opType, name: output, input, output: [output] };
    const attributes = { min: { float: 0 }, max: { float: 6 } };
    return { opType, name: output, input: input.slice(0, 1), output: [output], attributes };
  });
  const read = new Set(nodes.flatMap(({ input }) => input));
  const numbers = { zero: 0, one: 1, three: 3, four: 4, six: 6, sixth: 1 / 6, eight: 8 };
  const initializers = Object.fromEntries(
    Object.entries(numbers)
      .filter(([name]) => read.has(name))
      .map(([name, value]) => [name, constantOf('float32', [], [value])]),
  );
  return makeModel({
    nodes: nodes.map(makeNode),
    inputs: ['x', 'z'].map((name) => makeValueInfo(name, 'float32', dims)),
    outputs: outputs.map((name) => makeValueInfo(name, 'float32', dims)),
    initializers,
    opset,
  });
}

const x = constantOf(
  'float32',
  dims,
  Array.from({ length: 30 }, (_, i) => (i - 15) / 2),
);
const z = constantOf(
  'float32',
  dims,
  Array.from({ length: 30 }, (_, i) => 1 - i / 7),
);

const gate = 's = Add x three; c = Clip s zero six';
test.each<[string, string, string[], { opset?: number }]>([
  ['a sigmoid', `${gate}; y = Div c six`, ['HardSigmoid'], {}],
  ['a sigmoid by a factor', `${gate}; y = Mul sixth c`, ['HardSigmoid'], {}],
  ['a swish, divided last', `${gate}; m = Mul x c; y = Div m six`, ['HardSigmoid', 'Mul'], {}],
  ['a swish, the gate first', `${gate}; m = Mul c x; y = Mul m sixth`, ['HardSigmoid', 'Mul'], {}],
  ['a swish, the gate divided', `${gate}; h = Div c six; y = Mul x h`, ['HardSigmoid', 'Mul'], {}],
  ['a gate of something else', `${gate}; m = Mul z c; y = Div m six`, ['HardSigmoid', 'Mul'], {}],
  ['another slope', 's = Add one x; c = Clip s zero four; y = Div c four', ['HardSigmoid'], {}],
  ['bounds as attributes', `${gate}; y = Div c six`, ['HardSigmoid'], { opset: 10 }],
])('%s', async (_, lines, operators, options) => {
  const graph = await agreesAfter(modelOf(lines, options), { x, z }, (graph) => {
    expect(recognizeHardSigmoid(graph)).toBe(1);
  });
  expect(operatorsOf(graph)).toEqual(operators);
});

test('two that follow each other', async () => {
  const model = modelOf(`${gate}; h = Div c six; s2 = Add h three; c2 = Clip s2 zero six; y = Div c2 six`);
  const graph = await agreesAfter(model, { x, z }, recognizeHardSigmoid);
  expect(operatorsOf(graph)).toEqual(['HardSigmoid', 'HardSigmoid']);
});

const left: [string, ModelProto][] = [
  ['divided by another number', modelOf(`${gate}; y = Div c eight`)],
  ['clipped from another number', modelOf('s = Add x three; c = Clip s one six; y = Div c six')],
  ['not clipped', modelOf('s = Add x three; y = Div s six')],
  ['of a sum with no constant', modelOf('s = Add x z; c = Clip s zero six; y = Div c six')],
  ['whose divisor is divided', modelOf(`${gate}; y = Div six c`)],
  ['whose clip is read twice', modelOf(`${gate}; h = Div c six; y = Add h c`)],
  ['whose sum is an output', modelOf(`${gate}; y = Div c six`, { outputs: ['y', 's'] })],
  ['of opset 6', modelOf(`${gate}; y = Div c six`, { opset: 6 })],
];
test.each(left)('one %s is left', (_, model) => {
  const graph = new Graph(model);
  const before = operatorsOf(graph);
  expect(recognizeHardSigmoid(graph)).toBe(0);
  expect(operatorsOf(graph)).toEqual(before);
});

test('constants of one dim, which may add a dim to a scalar, are left', () => {
  const model = modelOf(`${gate}; y = Div c six`);
  for (const tensor of model.graph!.initializer) tensor.dims = [1n];
  expect(recognizeHardSigmoid(new Graph(model))).toBe(0);
});

test('constants that a run may override are left', () => {
  const model = modelOf(`${gate}; y = Div c six`);
  model.graph!.input.push(makeValueInfo('three', 'float32', []));
  expect(recognizeHardSigmoid(new Graph(model))).toBe(0);
});
