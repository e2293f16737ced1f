import { fromBinary } from '@bufbuild/protobuf';
import { inferValues } from '../../src/analysis/infer';
import { Graph } from '../../src/graph/graph';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { TypeProtoSchema, type ModelProto, type NodeProto } from '../../src/onnx/onnx_pb';
import type { ValueType } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { floats, integers, smallNetwork } from '../graph/small-network';
import { evaluate } from '../onnx/oracle';
import { refusal } from '../onnx/refusal';

/** The network without its If, which gdws does not run. */
function network(): ModelProto {
  const model = smallNetwork();
  model.graph!.node = model.graph!.node.filter(({ opType }) => opType !== 'If');
  model.graph!.node.find(({ opType }) => opType === 'Add')!.input[1] = 'padded';
  return model;
}

const x = (...dims: number[]): Map<string, ValueType> => new Map([['x', { type: 'float32', dims }]]);

test.each([1, 3])('every tensor has the type and shape that onnxruntime-node gives it, at batch %d', async (batch) => {
  const model = network();
  const values = inferValues(new Graph(model), x(batch, 3, 6, 6));
  const names = model.graph!.node.flatMap(({ output }) => output);
  // bfloat16 and half precision cannot be compared by their arrays' classes.
  model.graph!.output = names.map((name) => makeValueInfo(name, values.get(name)!.type, values.get(name)!.dims));
  const outputs = await evaluate(encodeModel(model), { x: floats([batch, 3, 6, 6]) });
  for (const name of names) {
    expect([name, values.get(name)]).toMatchObject([name, { type: outputs[name]!.type, dims: outputs[name]!.dims }]);
    const constant = values.get(name)!.constant;
    if (constant && constant.type !== 'float16') expect([name, constant]).toEqual([name, outputs[name]]);
  }
  // What follows from shapes is known; what follows from the input is not.
  expect(values.get('pads')!.constant).toEqual(integers(0, 1, 0, 0, 0, 1, 0, 0));
  expect(values.get('shape')!.constant).toEqual(integers(batch, 4, 3, 3));
  expect(values.get('w')!.constant).toBeDefined();
  expect(values.get('c')!.constant).toBeUndefined();
});

test('a free batch counts as 1', () => {
  expect(inferValues(new Graph(network())).get('y')!.dims).toEqual([1, 6, 3, 3]);
});

test('constants keep their identity, so that sessions know them again', () => {
  const graph = new Graph(network());
  const [first, second] = [inferValues(graph), inferValues(graph, x(2, 3, 6, 6))];
  for (const name of ['b', 'half']) expect(second.get(name)!.constant).toBe(first.get(name)!.constant);
});

describe('feeds that do not fit', () => {
  const graph = new Graph(network(), 'small.onnx');
  const cases: [string, Map<string, ValueType>, object][] = [
    [
      'an unknown name',
      new Map([['image', { type: 'float32', dims: [1] }]]),
      { code: 'INPUT_UNKNOWN', tensor: 'image' },
    ],
    ['an initializer', new Map([['b', { type: 'float32', dims: [4] }]]), { code: 'INPUT_UNKNOWN', tensor: 'b' }],
    ['another rank', x(1, 3, 6), { code: 'SHAPE_MISMATCH', tensor: 'x', shape: [1, 3, 6] }],
    ['another dim', x(1, 4, 6, 6), { code: 'SHAPE_MISMATCH', tensor: 'x' }],
  ];
  test.each(cases)('%s', (_, feeds, error) => {
    for (const lenient of [false, true]) {
      expect(() => inferValues(graph, feeds, { lenient })).toThrow(refusal({ ...error, file: 'small.onnx' }));
    }
  });

  test('a shape that an operator cannot take', () => {
    const model = network();
    model.graph!.input = [makeValueInfo('x', 'float32', ['n', 'c', 'h', 'w'])];
    expect(() => inferValues(new Graph(model, 'small.onnx'), x(1, 5, 6, 6))).toThrow(
      refusal({ code: 'SHAPE_MISMATCH', file: 'small.onnx', node: '/c', operator: 'Conv' }),
    );
  });
});

test.each([
  [4, 'sequence'],
  [5, 'map'],
  [8, 'sparse tensor'],
  [9, 'optional'],
])('an input whose type is field %d of TypeProto, a %s, is refused', (no, kind) => {
  const model = network();
  model.graph!.input[0]!.type = fromBinary(TypeProtoSchema, Uint8Array.of((no << 3) | 2, 0));
  expect(() => inferValues(new Graph(model, 'small.onnx'), x(1, 3, 6, 6))).toThrow(
    refusal({
      code: 'OPERATOR_UNSUPPORTED',
      file: 'small.onnx',
      tensor: 'x',
      summary: `this input is of kind ${kind}; the engine takes tensors.`,
    }),
  );
});

describe('what cannot be inferred', () => {
  const special = (output: string, input = 'x') =>
    makeNode({ opType: 'Special', domain: 'com.example', name: 'special', input: [input], output: [output] });
  const relu = (input: string, output: string) =>
    makeNode({ opType: 'Relu', name: 'relu', input: [input], output: [output] });
  const modelOf = (nodes: NodeProto[], dims: (number | string)[] = ['n', 2]) =>
    makeModel({
      nodes,
      inputs: [makeValueInfo('x', 'float32', dims)],
      outputs: [makeValueInfo('y', 'float32', ['n', 2])],
    });

  test('an unknown operator stops it, or leaves out what follows', () => {
    const graph = new Graph(modelOf([special('s'), relu('s', 'y'), relu('x', 'z')]), 'm.onnx');
    expect(() => inferValues(graph)).toThrow(
      refusal({ code: 'OPERATOR_UNSUPPORTED', file: 'm.onnx', node: 'special', operator: 'Special' }),
    );
    const values = inferValues(graph, undefined, { lenient: true });
    expect([...values.keys()]).toEqual(['x', 'z']);
  });

  test('what the model declares of its outputs is taken, where it is all fixed', () => {
    const model = modelOf([special('s'), relu('s', 'y')]);
    model.graph!.valueInfo.push(makeValueInfo('s', 'float32', [4, 2]));
    expect(inferValues(new Graph(model)).get('y')!.dims).toEqual([4, 2]);
    model.graph!.valueInfo = [makeValueInfo('s', 'float32', ['n', 2])];
    expect(() => inferValues(new Graph(model))).toThrow(refusal({ code: 'OPERATOR_UNSUPPORTED' }));
  });

  test.each([
    ['a free height', [1, 3, 'height', 6]],
    ['a free second dim', ['n', 'm']],
  ])('%s stops it, or leaves out what follows', (_, dims) => {
    const graph = new Graph(modelOf([relu('x', 'y')], dims), 'm.onnx');
    expect(() => inferValues(graph)).toThrow(
      refusal({ code: 'SHAPE_UNKNOWN', tensor: 'x', shape: dims, file: 'm.onnx' }),
    );
    expect(() => inferValues(graph)).toThrow(/inputShapes/);
    expect(inferValues(graph, undefined, { lenient: true }).size).toBe(0);
    const given = dims.map((dim) => (typeof dim === 'number' ? dim : 5));
    expect(inferValues(graph, x(...given)).get('y')!.dims).toEqual(given);
  });

  test('an initializer of a type that gdws does not know matters only to those who read it', () => {
    const model = modelOf([relu('x', 'y')]);
    const bytes = makeModel({ nodes: [], inputs: [], outputs: [], initializers: { q: integers(1) } });
    model.graph!.initializer.push(...bytes.graph!.initializer);
    model.graph!.initializer[0]!.dataType = 22;
    const graph = new Graph(model, 'm.onnx');
    expect(inferValues(graph, undefined, { lenient: true }).get('y')).toBeDefined();
    expect(() => inferValues(graph)).toThrow(refusal({ code: 'OPERATOR_UNSUPPORTED', tensor: 'q', file: 'm.onnx' }));
  });
});
