import { create } from '@bufbuild/protobuf';
import * as ort from 'onnxruntime-node';
import { inferGraph } from '../../../src/analysis/infer';
import { fusedProgram } from '../../../src/engine/compile';
import { InferenceSession } from '../../../src/engine/session';
import { Graph } from '../../../src/graph/graph';
import { makeModel, makeNode, makeValueInfo } from '../../../src/onnx/make';
import { ValueInfoProtoSchema, type NodeProto } from '../../../src/onnx/onnx_pb';
import { elementCount, type Constant } from '../../../src/onnx/value';
import { decodeModel } from '../../../src/onnx/read';
import { encodeModel } from '../../../src/onnx/write';
import { constantOf } from '../../../src/operators/elements';
import { ConstantPool } from '../../../src/program/constant-pool';
import { Random } from '../../operators/random';

// Networks with sums of products of bytes, against onnxruntime-node.

const random = new Random(3);
const bytes = (...dims: number[]) => random.integers(dims, 0, 120, 'uint8');
const node = (opType: string, input: string[], output: string, attributes = {}): NodeProto =>
  makeNode({ opType, input, output: [output], attributes });
const numbers = (type: 'float32' | 'int64', dims: number[]) =>
  constantOf(
    type,
    dims,
    Array.from({ length: elementCount(dims) }, (_, i) => i + 1),
  );
const shape = (...dims: number[]) => constantOf('int64', [dims.length], dims);

interface Network {
  readonly nodes: readonly NodeProto[];
  readonly feeds: Readonly<Record<string, Constant>>;
  readonly initializers: Readonly<Record<string, Constant>>;
  readonly outputs: readonly string[];
}

function encoded({ nodes, feeds, initializers, outputs }: Network): Uint8Array {
  return encodeModel(
    makeModel({
      nodes,
      inputs: Object.entries(feeds).map(([name, { type, dims }]) => makeValueInfo(name, type, dims)),
      outputs: outputs.map((name) => create(ValueInfoProtoSchema, { name })),
      initializers,
    }),
  );
}

const tensors = ({ feeds }: Network): Record<string, ort.Tensor> =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { dims, data }]) => [
      name,
      new ort.Tensor('uint8', (data as Uint8Array).slice(), [...dims]),
    ]),
  );

async function run(network: Network): Promise<ort.InferenceSession.OnnxValueMapType> {
  const session = await InferenceSession.create(encoded(network), { intraOpNumThreads: 1 });
  try {
    return await session.run(tensors(network));
  } finally {
    await session.release();
  }
}

async function expectLikeOnnxruntime(network: Network): Promise<void> {
  const session = await ort.InferenceSession.create(encoded(network), { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const expected = await session.run(tensors(network));
  await session.release();
  const actual = await run(network);
  for (const name of network.outputs) expect(actual[name]!.data).toEqual(expected[name]!.data);
}

/** Sums that are cast and multiplied by a scale. */
const scaled = (sums: NodeProto, ...types: number[]): NodeProto[] => [
  sums,
  ...types.map((to, i) => node('Cast', [i === 0 ? 'sums' : `cast ${i - 1}`], `cast ${i}`, { to })),
  node('Mul', [`cast ${types.length - 1}`, 'scale'], 'y'),
];
const [float, uint8, bool] = [1, 2, 9];

describe('sums that are multiplied by a scale', () => {
  const product = node('MatMulInteger', ['x', 'w'], 'sums');
  const convolution = node('ConvInteger', ['x', 'w'], 'sums');
  const network = (nodes: readonly NodeProto[], x: Constant, w: Constant, ...dims: number[]): Network => ({
    nodes,
    feeds: { x },
    initializers: { w, scale: numbers('float32', dims) },
    outputs: ['y'],
  });

  test.each([[], [8], [8, 1, 1], [5, 1], [8, 5, 1]])('of (%p, …) by a product of four axes', (...dims) =>
    expectLikeOnnxruntime(network(scaled(product, float), bytes(1, 8, 5, 4), bytes(4, 8), ...dims)),
  );

  test.each([[8], [8, 1]])('of (%p, …) by a convolution over one axis', (...dims) =>
    expectLikeOnnxruntime(network(scaled(convolution, float), bytes(1, 3, 8), bytes(8, 3, 1), ...dims)),
  );

  test('by channels, which were seen as others before', async () => {
    const nodes = [
      convolution,
      node('Reshape', ['sums', 'shape'], 'seen'),
      node('Cast', ['seen'], 'cast', { to: float }),
      node('Mul', ['cast', 'scale'], 'y'),
    ];
    const built = network(nodes, bytes(2, 3, 1, 3), bytes(8, 3, 1, 1), 8);
    await expectLikeOnnxruntime({ ...built, initializers: { ...built.initializers, shape: shape(6, 8) } });
  });

  test.each([[[uint8, float]], [[bool, float]]])('after casts that change them: %p', (types) =>
    expectLikeOnnxruntime(network(scaled(product, ...types), bytes(2, 4), bytes(4, 8), 8)),
  );
});

describe('weights that are seen with several shapes', () => {
  test('by convolutions', () =>
    expectLikeOnnxruntime({
      nodes: [
        node('Reshape', ['w', 'shape'], 'seen'),
        node('ConvInteger', ['x', 'w'], 'y'),
        node('ConvInteger', ['tall', 'seen'], 'z'),
      ],
      feeds: { x: bytes(1, 12, 3, 3), tall: bytes(1, 4, 5, 3) },
      initializers: { w: bytes(8, 12, 1, 1), shape: shape(8, 4, 3, 1) },
      outputs: ['y', 'z'],
    }));

  test('by products', () =>
    expectLikeOnnxruntime({
      nodes: [
        node('Reshape', ['w', 'shape'], 'seen'),
        node('MatMulInteger', ['x', 'w'], 'y'),
        node('MatMulInteger', ['long', 'seen'], 'z'),
      ],
      feeds: { x: bytes(2, 4), long: bytes(2, 8) },
      initializers: { w: bytes(4, 8), shape: shape(8, 4) },
      outputs: ['y', 'z'],
    }));

  test('by products of dequantized bytes', () => {
    const dequantized = (x: string) => node('DequantizeLinear', [x, 'scale', 'zero'], `float ${x}`);
    return expectLikeOnnxruntime({
      nodes: [
        node('Reshape', ['w', 'shape'], 'seen'),
        ...['x', 'long', 'w', 'seen'].map(dequantized),
        node('MatMul', ['float x', 'float w'], 'y'),
        node('MatMul', ['float long', 'float seen'], 'z'),
      ],
      feeds: { x: bytes(2, 4), long: bytes(2, 8) },
      initializers: {
        w: bytes(4, 8),
        shape: shape(8, 4),
        scale: constantOf('float32', [], [0.5]),
        zero: constantOf('uint8', [], [7]),
      },
      outputs: ['y', 'z'],
    });
  });
});

test.each([
  ['ConvInteger', bytes(1, 2, 5, 5), bytes(3, 2, 3, 3)],
  ['MatMulInteger', bytes(2, 4), bytes(4, 3)],
])('programs of a session have the same constants for %s', (opType, x, w) => {
  const network = {
    nodes: [node(opType, ['x', 'w', '', 'zero'], 'y')],
    feeds: { x },
    initializers: { w, zero: constantOf('uint8', [], [7]) },
    outputs: ['y'],
  };
  const graph = new Graph(decodeModel(encoded(network)));
  const pool = new ConstantPool();
  const [first, second] = [0, 1].map(() => fusedProgram(graph, inferGraph(graph, undefined), pool));
  expect([...second!.constants.keys()]).toEqual([...first!.constants.keys()]);
});

describe('sums of nothing are 0', () => {
  // onnxruntime leaves memory as it was.
  const network = (opType: string, x: Constant, w: Constant): Network => ({
    nodes: [node(opType, ['x', 'w'], 'y')],
    feeds: { x },
    initializers: { w },
    outputs: ['y'],
  });

  test.each([
    network('MatMulInteger', bytes(2, 0), bytes(0, 3)),
    network('ConvInteger', bytes(1, 0, 4, 4), bytes(2, 0, 3, 3)),
    {
      ...network('MatMul', bytes(2, 0), bytes(0, 3)),
      nodes: [
        ...['x', 'w'].map((x) => node('DequantizeLinear', [x, 'scale'], `float ${x}`)),
        node('MatMul', ['float x', 'float w'], 'y'),
      ],
      initializers: { w: bytes(0, 3), scale: constantOf('float32', [], [0.5]) },
    },
  ])('$nodes.0.opType', async (built) => {
    const { y } = await run(built);
    expect(Array.from(y!.data as Int32Array)).toEqual(new Array(y!.data.length).fill(0));
    expect(y!.data.length).toBeGreaterThan(0);
  });
});
