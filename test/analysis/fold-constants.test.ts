import { foldConstants } from '../../src/analysis/fold-constants';
import { inferValues } from '../../src/analysis/infer';
import { Graph } from '../../src/graph/graph';
import { float32ToFloat16 } from '../../src/onnx/float16';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { TensorProto_DataType as Code } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { floats, integers, smallNetwork } from '../graph/small-network';
import { agreesAfter, operatorsOf } from './agreement';

const x = floats([2, 3, 6, 6], 9);

test('half-precision Constants and their Casts become initializers', async () => {
  const graph = await agreesAfter(smallNetwork(), { x }, foldConstants, 1e-7);
  expect(operatorsOf(graph)).not.toContain('Cast');
  expect(operatorsOf(graph)).not.toContain('Constant');
  expect(graph.constant('w')).toMatchObject({ type: 'float32', dims: [4, 3, 3, 3] });
  expect(graph.proto.initializer.map(({ name }) => name)).not.toContain('half');
  // The batch is free, so what follows from shapes is not folded.
  expect(operatorsOf(graph)).toContain('Shape');
});

test('with the values of fixed shapes, shape arithmetic is folded too', async () => {
  const graph = await agreesAfter(smallNetwork(), { x }, (graph) => {
    const feeds = new Map([['x', { type: 'float32', dims: [2, 3, 6, 6] } as const]]);
    foldConstants(graph, inferValues(graph, feeds, { lenient: true }));
  });
  for (const opType of ['Shape', 'Gather', 'Div', 'Concat', 'Slice']) expect(operatorsOf(graph)).not.toContain(opType);
  expect(graph.constant('pads')).toEqual(integers(0, 1, 0, 0, 0, 1, 0, 0));
});

const y = (...dims: number[]) => makeValueInfo('y', 'float32', dims);
const input = (...dims: number[]) => makeValueInfo('x', 'float32', dims);

test('weights that are transposed, sliced, joined and cast', async () => {
  const model = makeModel({
    nodes: [
      makeNode({ opType: 'Transpose', input: ['a'], output: ['t'], attributes: { perm: [1, 0] } }),
      makeNode({ opType: 'Slice', input: ['t', 'start', 'end'], output: ['s'] }),
      makeNode({ opType: 'Cast', input: ['h'], output: ['c'], attributes: { to: Code.FLOAT } }),
      makeNode({ opType: 'Concat', input: ['s', 'c'], output: ['w'], attributes: { axis: 0 } }),
      makeNode({ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }),
    ],
    inputs: [input(2, 4)],
    outputs: [y(2, 5)],
    initializers: {
      a: floats([5, 3], 1),
      h: { type: 'float16', dims: [2, 5], data: float32ToFloat16(floats([2, 5], 2).data as Float32Array) },
      start: integers(1),
      end: integers(3),
    },
  });
  const graph = await agreesAfter(model, { x: floats([2, 4], 3) }, foldConstants, 1e-7);
  expect(operatorsOf(graph)).toEqual(['MatMul']);
  expect(graph.proto.initializer.map(({ name }) => name)).toEqual(['w']);
});

test('an output that is known becomes an initializer of its name', async () => {
  const model = makeModel({
    nodes: [makeNode({ opType: 'Neg', input: ['a'], output: ['y'] })],
    inputs: [],
    outputs: [y(2)],
    initializers: { a: floats([2]) },
  });
  expect(operatorsOf(await agreesAfter(model, {}, foldConstants))).toEqual([]);
});

test('every form of Constant', async () => {
  const forms: [string, Record<string, Parameters<typeof makeNode>[0]['attributes']>, Constant][] = [
    ['value_float', { a: { value_float: { float: 2.5 } } }, { type: 'float32', dims: [], data: Float32Array.of(2.5) }],
    [
      'value_floats',
      { a: { value_floats: { floats: [1, 2] } } },
      { type: 'float32', dims: [2], data: Float32Array.of(1, 2) },
    ],
    ['value_int', { a: { value_int: 7 } }, { type: 'int64', dims: [], data: BigInt64Array.of(7n) }],
    ['value_ints', { a: { value_ints: [3, 4] } }, integers(3, 4)],
  ];
  for (const [, { a }, expected] of forms) {
    const model = makeModel({
      nodes: [
        makeNode({ opType: 'Constant', input: [], output: ['c'], attributes: a }),
        makeNode({ opType: 'Cast', input: ['c'], output: ['f'], attributes: { to: Code.FLOAT } }),
        makeNode({ opType: 'Add', input: ['x', 'f'], output: ['y'] }),
      ],
      inputs: [input(2)],
      outputs: [y(2)],
    });
    expect(new Graph(model).constant('c')).toEqual(expected);
    const graph = await agreesAfter(model, { x: floats([2]) }, foldConstants);
    expect(operatorsOf(graph)).toEqual(['Add']);
  }
});

test('an identity of weights is left: folded, the file would hold them twice', async () => {
  const model = makeModel({
    nodes: [
      makeNode({ opType: 'Identity', input: ['w'], output: ['v'] }),
      makeNode({ opType: 'Add', input: ['x', 'w'], output: ['a'] }),
      makeNode({ opType: 'Add', input: ['a', 'v'], output: ['b'] }),
      makeNode({ opType: 'Neg', input: ['v'], output: ['n'] }),
      makeNode({ opType: 'Add', input: ['b', 'n'], output: ['y'] }),
    ],
    inputs: [input(2)],
    outputs: [y(2)],
    initializers: { w: floats([2]) },
  });
  const graph = await agreesAfter(model, { x: floats([2], 4) }, foldConstants);
  expect(operatorsOf(graph)).toEqual(['Identity', 'Add', 'Add', 'Add']);
});

test('a small tensor that would become a large one is left', () => {
  const model = makeModel({
    nodes: [
      makeNode({ opType: 'Expand', input: ['a', 'size'], output: ['e'] }),
      makeNode({ opType: 'ConstantOfShape', input: ['size'], output: ['f'] }),
      makeNode({ opType: 'Add', input: ['e', 'f'], output: ['y'] }),
    ],
    inputs: [],
    outputs: [y(30_000, 30_000)],
    initializers: { a: floats([1]), size: integers(30_000, 30_000) },
  });
  const graph = new Graph(model);
  foldConstants(graph);
  expect(operatorsOf(graph)).toEqual(['Expand', 'ConstantOfShape', 'Add']);
});

test('what a run may override is no constant', () => {
  const model = makeModel({
    nodes: [
      makeNode({ opType: 'Neg', input: ['a'], output: ['n'] }),
      makeNode({ opType: 'Add', input: ['x', 'n'], output: ['y'] }),
    ],
    inputs: [input(2), makeValueInfo('a', 'float32', [2])],
    outputs: [y(2)],
    initializers: { a: floats([2]) },
  });
  const graph = new Graph(model);
  foldConstants(graph);
  expect(operatorsOf(graph)).toEqual(['Neg', 'Add']);
  model.irVersion = 3n;
  const old = new Graph(model);
  foldConstants(old);
  expect(operatorsOf(old)).toEqual(['Add']);
  // Before IR version 4 every initializer is an input.
  expect(old.proto.input.map(({ name }) => name)).toEqual(['x', 'n']);
});

test('a node that cannot be computed is left for a run to report', () => {
  const model = makeModel({
    nodes: [
      makeNode({ opType: 'Reshape', input: ['a', 'size'], output: ['r'] }),
      makeNode({ opType: 'Special', domain: 'com.example', input: ['a'], output: ['s'] }),
      makeNode({ opType: 'Sum', input: ['r', 's', 'x'], output: ['y'] }),
    ],
    inputs: [input(2)],
    outputs: [y(2)],
    initializers: { a: floats([2]), size: integers(3) },
  });
  const graph = new Graph(model);
  foldConstants(graph);
  expect(operatorsOf(graph)).toEqual(['Reshape', 'Special', 'Sum']);
});
