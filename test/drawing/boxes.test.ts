import fs from 'node:fs';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import type { Tensor } from 'onnxruntime-common';
import * as ort from 'onnxruntime-node';
import { compress, InferenceSession, readImages } from '../../src';
import { inferValues } from '../../src/analysis/infer';
import { groupNodes } from '../../src/drawing/boxes';
import { Graph } from '../../src/graph/graph';
import { namesReadBy } from '../../src/graph/reads';
import { shallow } from '../../src/onnx/copy';
import { makeValueInfo } from '../../src/onnx/make';
import { ValueInfoProtoSchema } from '../../src/onnx/onnx_pb';
import { decodeModel } from '../../src/onnx/read';
import { elementCount, type ValueType } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { body, model as modelOf } from '../engine/segments/models';
import { floats } from '../graph/small-network';
import { randomNetwork } from '../networks/random-network';

const examples = path.join(__dirname, '../../examples');
const digits = path.join(examples, 'mnist-calib-images-idx3-ubyte');
const mnist = path.join(examples, 'robust-mnist.onnx');

/** The groups of a network, from a run of it. */
async function grouped(bytes: Uint8Array, feeds: Record<string, Tensor>) {
  const session = await InferenceSession.create(bytes, { enableProfiling: true, intraOpNumThreads: 1 });
  await session.run(feeds);
  const operations = session.profile();
  const names = session.hostedNodes();
  await session.release();
  const graph = new Graph(decodeModel(bytes));
  const types = Object.entries(feeds).map(([name, { type, dims }]) => [name, { type, dims } as ValueType] as const);
  const values = inferValues(graph, new Map(types), { lenient: true });
  const hosted = new Set(graph.nodes.filter(({ name, output }) => names.includes(name || output[0]!)));
  return { graph, values, operations, ...groupNodes(graph, values, operations, hosted) };
}

const operatorsOf = ({ groups }: Awaited<ReturnType<typeof grouped>>) =>
  groups.map(({ nodes }) => nodes.map(({ opType }) => opType).join(' '));

/** Checks what must hold for every network whose operations are all of its own nodes. */
function check({ graph, values, operations, groups, folded, others }: Awaited<ReturnType<typeof grouped>>): void {
  expect(others).toEqual([]);
  // Each operation is in one group, in its turn.
  const placed = groups.flatMap((group) => group.operations);
  expect(placed).toHaveLength(operations.length);
  expect(new Set(placed)).toEqual(new Set(operations));
  // Each node is drawn, or known before.
  const drawn = new Set(groups.flatMap(({ nodes }) => nodes));
  for (const node of graph.nodes) expect(drawn.has(node) !== folded.includes(node)).toBe(true);
  const isKnown = (name: string) => graph.isInitializer(name) || values.get(name)?.constant !== undefined;
  const given = new Set(graph.inputs.map(({ name }) => name));
  for (const { nodes, reads, last, operations: own } of groups) {
    // A group can be computed from what it reads, and that was computed before.
    const within = new Set(nodes.flatMap(({ output }) => output));
    for (const name of nodes.flatMap(namesReadBy)) {
      expect([name, isKnown(name) || within.has(name) || reads.includes(name)]).toEqual([name, true]);
    }
    for (const name of reads) expect([name, given.has(name)]).toEqual([name, true]);
    // It has no node that its result does not need.
    const needed = new Set([last]);
    for (const node of needed) {
      for (const name of namesReadBy(node)) {
        const before = graph.producer(name);
        if (before && within.has(name) && !reads.includes(name)) needed.add(before);
      }
    }
    expect(new Set(nodes)).toEqual(needed);
    // What the engine computed is of the size of the tensor that it is said to be.
    for (const { tensors, shape } of own) {
      for (const name of tensors.slice(0, 1)) expect(elementCount(values.get(name)!.dims)).toBe(elementCount(shape));
    }
    for (const { output } of nodes) for (const name of output) given.add(name);
  }
}

/** Checks by another engine that nodes without an operation, which an output needs, change no element. */
async function checkIdle({ graph, groups }: Awaited<ReturnType<typeof grouped>>, feeds: Record<string, Tensor>) {
  const wanted = new Set(graph.outputs.map(({ name }) => name));
  for (const name of wanted) for (const before of graph.producer(name)?.input ?? []) wanted.add(before);
  const idle = groups.filter(({ operations, last }) => operations.length === 0 && wanted.has(last.output[0]!));
  if (idle.length === 0) return 0;
  const model = shallow(graph.model);
  model.graph = shallow(graph.proto);
  const computed = [...new Set(idle.flatMap(({ last }) => [last.input[0]!, last.output[0]!]))];
  const added = computed.filter((name) => graph.producer(name) && !graph.isOutput(name));
  model.graph.output = [...graph.outputs, ...added.map((name) => create(ValueInfoProtoSchema, { name }))];
  const session = await ort.InferenceSession.create(encodeModel(model));
  const results: Record<string, Tensor> = { ...feeds, ...(await session.run(feeds)) };
  for (const { last } of idle) {
    expect([last.opType, results[last.output[0]!]!.data]).toEqual([last.opType, results[last.input[0]!]!.data]);
  }
  await session.release();
  return idle.length;
}

test('the bundled network is seven operations, in order', async () => {
  const images = await readImages(digits, { count: 1 });
  const feeds = { input: images.batch(0, 1).images };
  const result = await grouped(fs.readFileSync(mnist), feeds);
  check(result);
  expect(operatorsOf(result)).toEqual([...new Array<string>(5).fill('Conv Relu'), 'Pad AveragePool', 'Flatten Gemm']);
  expect(result.groups.map(({ reads }) => reads.length)).toEqual([1, 1, 1, 1, 1, 1, 1]);
});

test('a quantized GDWS network is one operation for each layer, with its conversions', async () => {
  const images = await readImages(digits, { count: 16 });
  const small = await compress(mnist, {
    macs: 0.5,
    int8: true,
    calibration: { images },
    inputShapes: { input: [1, 1, 28, 28] },
  });
  const result = await grouped(small.bytes(), { input: images.batch(0, 1).images });
  check(result);
  const layers = operatorsOf(result).map((names) =>
    names
      .split(' ')
      .filter((name) => !name.endsWith('QuantizeLinear') && name !== 'DequantizeLinear')
      .join(' '),
  );
  expect(layers.filter((names) => names === 'Gather Conv Conv Relu').length).toBeGreaterThanOrEqual(3);
  expect(layers.at(-1)).toMatch(/Gemm$/);
  const fused = result.groups.find(({ operations }) => operations[0]?.kernel.startsWith('integerGdws'))!;
  expect(fused.operations).toHaveLength(1);
});

let idle = 0;
test.each(Array.from({ length: 60 }, (_, seed) => seed))('random network %d is drawn whole', async (seed) => {
  const { bytes, feeds } = randomNetwork(seed);
  const given = feeds();
  const result = await grouped(bytes, given);
  check(result);
  idle += await checkIdle(result, given);
});

test('some of the random networks have nodes without an operation', () => {
  expect(idle).toBeGreaterThan(2);
});

test('a node of several results is one group, and what nothing needs has no operation', async () => {
  const bytes = encodeModel(
    modelOf({
      nodes: [
        { opType: 'Split', name: 'split', input: ['x'], output: ['a', 'b'], attributes: { axis: 1 } },
        { opType: 'Relu', name: 'relu', input: ['a'], output: ['r'] },
        { opType: 'Sigmoid', name: 'idle', input: ['b'], output: ['s'] },
        { opType: 'Exp', name: 'exp', input: ['b'], output: ['e'] },
        { opType: 'Add', name: 'add', input: ['r', 'e'], output: ['y'] },
      ],
      inputs: [makeValueInfo('x', 'float32', [1, 4, 3])],
      outputs: ['y'],
    }),
  );
  const x = { type: 'float32', dims: [1, 4, 3], data: new Float32Array(12) } as unknown as Tensor;
  const { groups } = await grouped(bytes, { x });
  const byName = new Map(groups.map((group) => [group.last.name, group]));
  expect(byName.get('idle')!.operations).toEqual([]);
  expect(groups.filter(({ nodes }) => nodes.some(({ name }) => name === 'split'))).toHaveLength(1);
  expect(byName.get('split')!.operations).toHaveLength(2);
});

test('operations within a branch are of no node of the graph, even of one that has their name', async () => {
  const inner = (opType: string) =>
    body({
      nodes: [{ opType, name: 'conv', input: ['c'], output: [`${opType}_y`] }],
      outputs: [makeValueInfo(`${opType}_y`, 'float32', [1, 2, 4, 4])],
    });
  const bytes = encodeModel(
    modelOf({
      nodes: [
        { opType: 'Conv', name: 'conv', input: ['x', 'w'], output: ['c'] },
        { opType: 'ReduceMean', name: 'mean', input: ['c'], output: ['m'], attributes: { keepdims: 0 } },
        { opType: 'Greater', name: 'greater', input: ['m', 'zero'], output: ['condition'] },
        {
          opType: 'If',
          name: 'if',
          input: ['condition'],
          output: ['i'],
          attributes: { then_branch: inner('Sigmoid'), else_branch: inner('Tanh') },
        },
        { opType: 'Neg', name: 'neg', input: ['i'], output: ['y'] },
      ],
      inputs: [makeValueInfo('x', 'float32', [1, 2, 4, 4])],
      outputs: ['y'],
      initializers: { w: floats([2, 2, 1, 1]), zero: { type: 'float32', dims: [], data: Float32Array.of(0) } },
    }),
  );
  const x = { type: 'float32', dims: [1, 2, 4, 4], data: new Float32Array(32).fill(1) } as unknown as Tensor;
  const { groups, others } = await grouped(bytes, { x });
  expect(groups.map(({ last, operations }) => [last.name, operations.length])).toEqual([
    ['conv', 1],
    ['mean', 1],
    ['greater', 1],
    ['if', 0],
    ['neg', 1],
  ]);
  expect(groups[4]!.reads).toEqual(['i']);
  expect(others.map(({ kernel }) => kernel.split('.')[0])).toEqual(['unary']);
});

test('a hostile graph whose operations share very many nodes is refused, and a long one is not', () => {
  const chain = Array.from({ length: 2000 }, (_, at) => ({
    opType: 'Identity',
    input: [`v${at}`],
    output: [`v${at + 1}`],
  }));
  const readers = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ opType: 'Relu', input: ['v2000'], output: [`y${at}`] }));
  const groupsOf = (count: number) => {
    const graph = new Graph(
      modelOf({
        nodes: [...chain, ...readers(count)],
        inputs: [makeValueInfo('v0', 'float32', [1])],
        outputs: Array.from({ length: count }, (_, at) => `y${at}`),
      }),
    );
    const operations = readers(count).map(({ output }) => ({ node: output[0]!, operator: 'Relu', tensors: output }));
    return groupNodes(graph, new Map(), operations, new Set()).groups;
  };
  expect(groupsOf(400)).toHaveLength(400);
  expect(() => groupsOf(600)).toThrow(/operations share so many nodes/);
});
