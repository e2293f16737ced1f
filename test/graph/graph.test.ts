import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { Graph } from '../../src/graph/graph';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import {
  SparseTensorProtoSchema,
  TensorProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from '../../src/onnx/onnx_pb';
import { evaluate } from '../onnx/oracle';
import { refusal } from '../onnx/refusal';
import { floats, smallNetwork } from './small-network';

const value = (name: string) => makeValueInfo(name, 'float32', ['n', 2]);
const relu = (input: string, output: string) =>
  makeNode({ opType: 'Relu', name: `to ${output}`, input: [input], output: [output] });
const w = floats([2]);

function modelOf(nodes: NodeProto[], { inputs = ['x'], outputs = ['y'] } = {}): ModelProto {
  return makeModel({ nodes, inputs: inputs.map(value), outputs: outputs.map(value), initializers: { w } });
}

function body(node: NodeProto, output: string): GraphProto {
  return makeModel({ nodes: [node], inputs: [], outputs: [value(output)] }).graph!;
}

function ifNode(output: string, reads: string): NodeProto {
  return makeNode({
    opType: 'If',
    input: ['yes'],
    output: [output],
    attributes: {
      then_branch: { graph: body(relu(reads, `${output}.then`), `${output}.then`) },
      else_branch: { graph: body(relu('x', `${output}.else`), `${output}.else`) },
    },
  });
}

describe('what it knows', () => {
  const graph = new Graph(smallNetwork(), 'small.onnx');

  test('producers and consumers, those within subgraphs too', () => {
    expect(graph.producer('c')!.opType).toBe('Conv');
    expect(graph.producer('x')).toBeUndefined();
    expect(graph.consumers('r').map(({ opType }) => opType)).toEqual(['Shape', 'Pad', 'Sigmoid']);
    expect(graph.consumers('padded').map(({ opType }) => opType)).toEqual(['Dropout', 'If', 'If']);
    expect(graph.consumers('extra').map(({ opType }) => opType)).toEqual(['Concat', 'Concat']);
    expect(graph.consumers('y')).toEqual([]);
    // What a subgraph defines is its own.
    expect(graph.consumers('then')).toEqual([]);
  });

  test('inputs, outputs and constants', () => {
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['y']);
    expect([graph.isOutput('y'), graph.isOutput('x')]).toEqual([true, false]);
    expect(graph.constant('b')).toEqual(floats([4], 3));
    expect(graph.constant('half')).toMatchObject({ type: 'float16', dims: [4, 3, 3, 3] });
    expect(graph.constant('zero')).toEqual({ type: 'int64', dims: [], data: BigInt64Array.of(0n) });
    expect(graph.constant('w')).toBeUndefined();
    expect(graph.constant('x')).toBeUndefined();
    expect(graph.constant('nothing')).toBeUndefined();
    expect(graph.constant('b')).toBe(graph.constant('b'));
  });

  test('declarations', () => {
    expect(graph.declared('x')).toEqual({ type: 'float32', dims: ['batch', 3, 6, 6] });
    expect(graph.declared('c')).toBeUndefined();
    const info = makeValueInfo('x', 'int8', [0, -1, '']);
    const model = modelOf([relu('x', 'y')]);
    model.graph!.input = [info];
    expect(new Graph(model).declared('x')).toEqual({ type: 'int8', dims: [0, undefined, undefined] });
    info.type!.value.value!.shape = undefined;
    expect(new Graph(model).declared('x')).toEqual({ type: 'int8', dims: undefined });
  });

  test('opsets, whichever way the standard domain is spelled', () => {
    const model = smallNetwork();
    model.opsetImport.push(...makeModel({ nodes: [], inputs: [], outputs: [], opset: 3 }).opsetImport);
    model.opsetImport[1]!.domain = 'com.example';
    expect([
      new Graph(model).opset,
      new Graph(model).opsetOf('ai.onnx'),
      new Graph(model).opsetOf('com.example'),
    ]).toEqual([17, 17, 3]);
    model.opsetImport[0]!.domain = 'ai.onnx';
    expect([new Graph(model).opset, new Graph(model).opsetOf('unheard.of')]).toEqual([17, 1]);
  });

  test('initializers that are inputs are no inputs; from IR version 4 on a run may override them', () => {
    const model = modelOf([makeNode({ opType: 'Add', input: ['x', 'w'], output: ['y'] })], { inputs: ['x', 'w'] });
    expect(new Graph(model).inputs.map(({ name }) => name)).toEqual(['x']);
    expect(new Graph(model).isOverridable('w')).toBe(true);
    model.irVersion = 3n;
    expect(new Graph(model).isOverridable('w')).toBe(false);
  });
});

describe('order', () => {
  test('a file’s order that is right is kept', () => {
    const model = smallNetwork();
    const before = [...model.graph!.node];
    expect(new Graph(model).nodes).toEqual(before);
  });

  test('any order of the nodes becomes a right one', () => {
    const count = smallNetwork().graph!.node.length;
    const order = fc.shuffledSubarray([...Array(count).keys()], { minLength: count });
    fc.assert(
      fc.property(order, (places) => {
        const model = smallNetwork();
        model.graph!.node = places.map((place) => model.graph!.node[place]!);
        const { nodes } = new Graph(model);
        expect(new Set(nodes).size).toBe(count);
        const seen = new Set(['x', ...model.graph!.initializer.map(({ name }) => name)]);
        for (const node of nodes) {
          const names = node.opType === 'If' ? [...node.input, 'padded'] : node.input;
          for (const name of names) expect(seen).toContain(name);
          node.output.forEach((name) => seen.add(name));
        }
      }),
      { numRuns: 30 },
    );
  });

  test('a long chain in reverse is no burden', () => {
    const count = 50_000;
    const name = (i: number) => (i === 0 ? 'x' : i === count ? 'y' : `t${i}`);
    const chain = Array.from({ length: count }, (_, i) => relu(name(i), name(i + 1)));
    const { nodes } = new Graph(modelOf([...chain].reverse()));
    expect(nodes.every((node, i) => node === chain[i])).toBe(true);
  });
});

describe('refused', () => {
  const rings: [string, NodeProto[]][] = [
    ['a node that reads itself', [relu('y', 'y')]],
    ['two nodes that read each other', [relu('b', 'a'), relu('a', 'b'), relu('b', 'y')]],
    ['a ring apart from the rest', [relu('x', 'y'), relu('b', 'a'), relu('a', 'b')]],
    [
      'a ring through a subgraph',
      [ifNode('a', 'b'), relu('a', 'b'), relu('b', 'y'), makeNode({ opType: 'Not', input: ['x'], output: ['yes'] })],
    ],
  ];
  test.each(rings)('%s', (_, nodes) => {
    expect(() => new Graph(modelOf(nodes), 'ring.onnx')).toThrow(refusal({ code: 'MODEL_INVALID', file: 'ring.onnx' }));
    expect(() => new Graph(modelOf(nodes))).toThrow(/ring/);
  });

  const names: [string, ModelProto, string][] = [
    ['an input that is defined nowhere', modelOf([relu('nowhere', 'y')]), 'nowhere'],
    ['one of a subgraph', modelOf([relu('x', 'yes'), ifNode('y', 'nowhere')]), 'nowhere'],
    ['an output that nothing computes', modelOf([relu('x', 'a')]), 'y'],
    ['two nodes that compute one tensor', modelOf([relu('x', 'y'), relu('x', 'y')]), 'y'],
    [
      'a node that computes one tensor twice',
      modelOf([makeNode({ opType: 'Split', input: ['x'], output: ['y', 'y'] })]),
      'y',
    ],
    ['a node that computes an input', modelOf([relu('x', 'x'), relu('x', 'y')]), 'x'],
    ['a node that computes an initializer', modelOf([relu('x', 'w'), relu('x', 'y')]), 'w'],
    ['two inputs of one name', modelOf([relu('x', 'y')], { inputs: ['x', 'a', 'x'] }), 'x'],
  ];
  const twice = modelOf([relu('x', 'y')]);
  twice.graph!.initializer.push(twice.graph!.initializer[0]!);
  names.push(['two initializers of one name', twice, 'w']);
  test.each(names)('%s', (_, model, tensor) => {
    expect(() => new Graph(model, 'm.onnx')).toThrow(refusal({ code: 'MODEL_INVALID', tensor, file: 'm.onnx' }));
  });

  test('graphs without an output, and inputs without a name', () => {
    expect(() => new Graph(modelOf([relu('x', 'y')], { outputs: [] }))).toThrow(refusal({ code: 'MODEL_INVALID' }));
    expect(() => new Graph(modelOf([relu('x', 'y')], { inputs: ['x', ''] }))).toThrow(
      refusal({ code: 'MODEL_INVALID' }),
    );
  });

  test('an initializer that lacks elements, when it is asked for', () => {
    const model = modelOf([makeNode({ opType: 'Add', input: ['x', 'w'], output: ['y'] })]);
    model.graph!.initializer[0]!.dims = [3n];
    const graph = new Graph(model, 'm.onnx');
    expect(() => graph.constant('w')).toThrow(refusal({ code: 'MODEL_INVALID', tensor: 'w', file: 'm.onnx' }));
  });

  test('sparse initializers are names like others', () => {
    const model = modelOf([makeNode({ opType: 'Add', input: ['x', 's'], output: ['y'] })]);
    model.graph!.sparseInitializer.push(
      create(SparseTensorProtoSchema, { values: create(TensorProtoSchema, { name: 's' }) }),
    );
    expect(new Graph(model).constant('s')).toBeUndefined();
  });
});

describe('edits', () => {
  test('a unique name is one of nothing, within subgraphs too, and given once', () => {
    const model = modelOf([relu('x', 'yes'), ifNode('y', 'w')]);
    const graph = new Graph(model);
    expect(graph.uniqueName('fresh')).toBe('fresh');
    expect(graph.uniqueName('fresh')).toBe('fresh_1');
    for (const taken of ['x', 'y', 'w', 'y.then', 'y.else', 'to yes', 'to y.then']) {
      expect(graph.uniqueName(taken)).toBe(`${taken}_1`);
      expect(graph.uniqueName(taken)).toBe(`${taken}_2`);
    }
    graph.setInitializer('later', w);
    expect(graph.uniqueName('later')).toBe('later_1');
  });

  test('replacing a node', async () => {
    const model = modelOf([relu('x', 'a'), relu('a', 'y')]);
    const graph = new Graph(model);
    graph.setInitializer('two', { type: 'float32', dims: [1], data: Float32Array.of(2) });
    const doubled = makeNode({ opType: 'Mul', input: ['x', 'two'], output: ['d'] });
    // In any order.
    graph.replace(new Map([[graph.producer('a')!, [relu('d', 'a'), doubled]]]));
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Mul', 'Relu', 'Relu']);
    expect(graph.consumers('x')).toEqual([doubled]);
    expect(model.graph!.node).toEqual(graph.nodes);
    const x = { type: 'float32', dims: [1, 2], data: Float32Array.of(1, -1) } as const;
    expect((await evaluate(model, { x }))['y']!.data).toEqual(Float32Array.of(2, 0));
  });

  test('a replacement that lacks what is read is refused', () => {
    const graph = new Graph(modelOf([relu('x', 'a'), relu('a', 'y')]));
    expect(() => graph.replace(new Map([[graph.producer('a')!, []]]))).toThrow(
      refusal({ code: 'MODEL_INVALID', tensor: 'a' }),
    );
  });

  test('an initializer is set, replaced, and found again', () => {
    const graph = new Graph(smallNetwork());
    const count = graph.proto.initializer.length;
    graph.setInitializer('b', floats([4], 77));
    expect(graph.constant('b')).toEqual(floats([4], 77));
    graph.setInitializer('new', w);
    expect(graph.proto.initializer).toHaveLength(count + 1);
    expect(new Graph(graph.model).constant('b')).toEqual(floats([4], 77));
    expect(new Graph(graph.model).constant('new')).toEqual(w);
  });

  test('constants are decoded once, whatever else is edited', () => {
    const graph = new Graph(smallNetwork());
    const [bias, half] = [graph.constant('b'), graph.constant('half')];
    graph.removeDead();
    graph.replace(
      new Map([[graph.producer('y')!, [makeNode({ opType: 'Sub', input: ['dropped', 'chosen'], output: ['y'] })]]]),
    );
    expect(graph.constant('b')).toBe(bias);
    expect(graph.constant('half')).toBe(half);
  });

  test('before IR version 4 initializers are inputs too: new ones get one, dead ones lose it', () => {
    const model = modelOf([makeNode({ opType: 'Add', input: ['x', 'w'], output: ['y'] })], { inputs: ['x', 'w'] });
    model.irVersion = 3n;
    const graph = new Graph(model);
    graph.setInitializer('v', floats([1]));
    graph.producer('y')!.input[1] = 'v';
    graph.removeDead();
    expect(graph.proto.input.map(({ name }) => name)).toEqual(['x', 'v']);
    expect(graph.proto.initializer.map(({ name }) => name)).toEqual(['v']);
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x']);
    graph.setInitializer('v', floats([2]));
    expect(graph.declared('v')!.dims).toEqual([2]);
  });
});

describe('removing what is dead', () => {
  test('nodes, initializers and declarations that no output needs', () => {
    const graph = new Graph(smallNetwork());
    graph.proto.valueInfo.push(value('dead'), value('r'), value('unused'));
    expect(graph.removeDead()).toBe(true);
    expect(graph.nodes.map(({ opType }) => opType)).not.toContain('Sigmoid');
    // The Constant 'zero' is read by nothing either.
    expect(graph.producer('zero')).toBeUndefined();
    expect(graph.proto.initializer.map(({ name }) => name)).not.toContain('unused');
    expect(graph.proto.valueInfo.map(({ name }) => name)).toEqual(['r']);
    expect(graph.removeDead()).toBe(false);
  });

  test('what only the body of an If needs stays', () => {
    const graph = new Graph(
      makeModel({
        nodes: [relu('w', 'a'), ifNode('y', 'a')],
        inputs: [value('x')],
        outputs: [value('y')],
        initializers: { w, yes: { type: 'bool', dims: [], data: Uint8Array.of(1) }, unused: w },
      }),
    );
    graph.removeDead();
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Relu', 'If']);
    expect(graph.proto.initializer.map(({ name }) => name)).toEqual(['w', 'yes']);
  });

  test('inputs stay, and defaults that a run may override', () => {
    const graph = new Graph(modelOf([relu('x', 'y')], { inputs: ['x', 'other', 'w'] }));
    graph.removeDead();
    expect(graph.proto.input.map(({ name }) => name)).toEqual(['x', 'other', 'w']);
    expect(graph.proto.initializer.map(({ name }) => name)).toEqual(['w']);
  });

  test('a graph of very many inputs to one node', () => {
    const names = Array.from({ length: 200_000 }, () => 'x');
    const graph = new Graph(modelOf([makeNode({ opType: 'Sum', input: names, output: ['y'] })]));
    expect(graph.removeDead()).toBe(true);
    expect(graph.consumers('x')).toHaveLength(200_000);
  });
});
