import { clone } from '@bufbuild/protobuf';
import { compress, GradientSession, InferenceSession, Tensor } from '../../src';
import type { ErrorCode } from '../../src/base/errors';
import { makeModel, makeNode, makeValueInfo, type NodeParts } from '../../src/onnx/make';
import { ModelProtoSchema, type ModelProto } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';

const floats = (dims: readonly number[], value = 0.5): Constant => ({
  type: 'float32',
  dims,
  data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)).fill(value),
});
const integers = (...values: (number | bigint)[]): Constant => ({
  type: 'int64',
  dims: [values.length],
  data: BigInt64Array.from(values, BigInt),
});
const scalar = (value: number | bigint): Constant => ({ ...integers(value), dims: [] });

type Node = Pick<NodeParts, 'opType'> & Partial<NodeParts>;

/** A model of nodes from `x` to `y`; a node without other names reads x and writes y. */
function model(
  nodes: readonly Node[],
  initializers: Readonly<Record<string, Constant>> = {},
  x: readonly (number | string)[] = [1, 1, 4, 4],
): ModelProto {
  return makeModel({
    nodes: nodes.map((node) => makeNode({ name: 'layer', input: ['x'], output: ['y'], ...node })),
    inputs: [makeValueInfo('x', 'float32', x)],
    outputs: [makeValueInfo('y', 'float32', [])],
    initializers,
    opset: 17,
  });
}

function edited(made: ModelProto, edit: (graph: NonNullable<ModelProto['graph']>) => void): ModelProto {
  const copy = clone(ModelProtoSchema, made);
  edit(copy.graph!);
  return copy;
}

const conv = (attributes: NodeParts['attributes'] = {}, weights: Constant = floats([1, 1, 3, 3])) =>
  model([{ opType: 'Conv', input: ['x', 'w'], attributes }], { w: weights });
const huge = 2 ** 40;
/** Lower than the default only to be reached sooner. */
const limits = { foldedElements: 2 ** 21 };
const longest = 2n ** 63n - 1n;

/** Opens the model, and runs it once where it opens. */
async function use(made: ModelProto): Promise<void> {
  const session = await InferenceSession.create(encodeModel(made), { intraOpNumThreads: 1, limits });
  try {
    const dims = session.inputMetadata[0]!.isTensor ? (session.inputMetadata[0]!.shape as number[]) : [];
    await session.run({ x: new Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b, 1)), dims) });
  } finally {
    await session.release();
  }
}

const refused: readonly [string, ModelProto, ErrorCode][] = [
  // A few bytes that ask for any memory.
  ['Expand', model([{ opType: 'Expand', input: ['x', 's'] }], { s: integers(huge, 1, 4, 4) }), 'LIMIT_EXCEEDED'],
  ['Tile', model([{ opType: 'Tile', input: ['x', 's'] }], { s: integers(huge, 1, 1, 1) }), 'LIMIT_EXCEEDED'],
  [
    'Resize',
    model([{ opType: 'Resize', input: ['x', '', '', 's'] }], { s: integers(huge, 1, 4, 4) }),
    'LIMIT_EXCEEDED',
  ],
  ['ConstantOfShape', model([{ opType: 'ConstantOfShape', input: ['s'] }], { s: integers(huge) }), 'LIMIT_EXCEEDED'],
  ['Pad', model([{ opType: 'Pad', input: ['x', 'p'] }], { p: integers(0, 0, 0, 0, 0, 0, 0, huge) }), 'LIMIT_EXCEEDED'],
  ['the padding of Conv', conv({ pads: [huge, 0, huge, 0] }), 'LIMIT_EXCEEDED'],
  [
    'a product of dimensions beyond all numbers',
    model([{ opType: 'Expand', input: ['x', 's'] }], { s: integers(...new Array<number>(64).fill(2 ** 31)) }),
    'SHAPE_MISMATCH',
  ],
  ['a declared input of 2^62 elements', model([{ opType: 'Relu' }], {}, [2 ** 31, 2 ** 31]), 'LIMIT_EXCEEDED'],
  ['a declared dimension of 2^62', model([{ opType: 'Relu' }], {}, [2 ** 62]), 'SHAPE_MISMATCH'],
  [
    'many outputs of much memory',
    edited(model([{ opType: 'Expand', input: ['x', 's'] }], { s: integers(2 ** 30, 1) }, [1, 1]), (graph) => {
      for (let i = 0; i < 300; i++) {
        graph.node.push(makeNode({ opType: 'Expand', input: ['x', 's'], output: [`y${i}`] }));
        graph.output.push(makeValueInfo(`y${i}`, 'float32', []));
      }
    }),
    'LIMIT_EXCEEDED',
  ],
  // Constants that explode before the run.
  [
    'a constant joined with itself 40 times',
    model(
      Array.from({ length: 40 }, (_, i) => ({
        opType: 'Concat',
        input: i === 0 ? ['w', 'w'] : [`t${i - 1}`, `t${i - 1}`],
        output: [i === 39 ? 'y' : `t${i}`],
        attributes: { axis: 0 },
      })),
      { w: floats([1]) },
    ),
    'LIMIT_EXCEEDED',
  ],
  [
    'a constant joined with itself at once',
    model([{ opType: 'Concat', input: new Array<string>(2000).fill('w'), attributes: { axis: 0 } }], {
      w: floats([100_000]),
    }),
    'LIMIT_EXCEEDED',
  ],
  [
    'work on constants without end',
    model(
      Array.from({ length: 20_000 }, (_, i) => ({
        opType: 'Add',
        input: [i === 0 ? 'w' : `t${i - 1}`, 'w'],
        output: [i === 19_999 ? 'y' : `t${i}`],
      })),
      { w: floats([30_000]) },
    ),
    'LIMIT_EXCEEDED',
  ],
  [
    'tables of Resize without end',
    model(
      Array.from({ length: 300 }, (_, i) => ({
        opType: 'Resize',
        input: [i === 0 ? 'x' : `t${i - 1}`, '', '', i % 2 === 0 ? 'long' : 'short'],
        output: [i === 299 ? 'y' : `t${i}`],
      })),
      { long: integers(1, 1, 2 ** 16), short: integers(1, 1, 1) },
      [1, 1, 1],
    ),
    'LIMIT_EXCEEDED',
  ],
  [
    'a Range of 2^62',
    model([{ opType: 'Range', input: ['a', 'b', 'c'] }], { a: scalar(0), b: scalar(2n ** 62n), c: scalar(1) }),
    'OPERATOR_UNSUPPORTED',
  ],
  [
    '65 dimensions',
    model([{ opType: 'Reshape', input: ['x', 's'] }], { s: integers(16, ...new Array<number>(64).fill(1)) }),
    'OPERATOR_UNSUPPORTED',
  ],

  // Attributes that make no sense.
  ['a stride of 0', conv({ strides: [0, 1] }), 'MODEL_INVALID'],
  ['a negative dilation', conv({ dilations: [-1, 1] }), 'MODEL_INVALID'],
  ['a group of 0', conv({ group: 0 }), 'SHAPE_MISMATCH'],
  [
    'a group of 2^63 - 1',
    edited(conv({ group: 1 }), ({ node }) => (node[0]!.attribute[0]!.i = longest)),
    'SHAPE_MISMATCH',
  ],
  ['pads of the wrong number', conv({ pads: [1] }), 'MODEL_INVALID'],
  ['pads that leave nothing', conv({ pads: [-3, -3, -3, -3] }), 'SHAPE_MISMATCH'],
  ['an attribute of text for a number', conv({ group: 'two' }), 'MODEL_INVALID'],
  ['an attribute of floats for integers', conv({ strides: { floats: [1, 1] } }), 'MODEL_INVALID'],
  ['an attribute of integers for a float', model([{ opType: 'LeakyRelu', attributes: { alpha: 1 } }]), 'MODEL_INVALID'],
  ['a blocksize of 2^31', model([{ opType: 'DepthToSpace', attributes: { blocksize: 2 ** 31 } }]), 'SHAPE_MISMATCH'],
  ['a permutation that repeats', model([{ opType: 'Transpose', attributes: { perm: [0, 0, 1, 2] } }]), 'MODEL_INVALID'],
  ['an axis beyond the rank', model([{ opType: 'Softmax', attributes: { axis: 9 } }]), 'SHAPE_MISMATCH'],
  [
    'a step of 0',
    model([{ opType: 'Slice', input: ['x', 'a', 'b', 'a', 'a'] }], { a: integers(0), b: integers(1) }),
    'MODEL_INVALID',
  ],

  // Arity.
  ['no input', model([{ opType: 'Conv', input: [] }]), 'MODEL_INVALID'],
  ['one input where two are needed', model([{ opType: 'Conv' }]), 'MODEL_INVALID'],
  ['an absent input where one is needed', model([{ opType: 'Add', input: ['x', ''] }]), 'MODEL_INVALID'],
  ['weights of the wrong rank', conv({}, floats([9])), 'SHAPE_MISMATCH'],

  // Graphs.
  ['a node that reads itself', model([{ opType: 'Add', input: ['x', 'y'] }]), 'MODEL_INVALID'],
  [
    'a ring of three',
    model([
      { opType: 'Add', input: ['x', 'c'], output: ['a'] },
      { opType: 'Relu', input: ['a'], output: ['b'] },
      { opType: 'Relu', input: ['b'], output: ['c'] },
      { opType: 'Relu', input: ['c'] },
    ]),
    'MODEL_INVALID',
  ],
  ['an output computed twice', model([{ opType: 'Relu' }, { opType: 'Exp' }]), 'MODEL_INVALID'],
  ['an output that is an input too', model([{ opType: 'Relu', output: ['x'] }, { opType: 'Exp' }]), 'MODEL_INVALID'],
  [
    'an output of no name',
    edited(model([{ opType: 'Relu' }]), ({ output }) => (output[0]!.name = '')),
    'MODEL_INVALID',
  ],
  [
    'an output that nothing computes',
    edited(model([{ opType: 'Relu' }]), ({ output }) => (output[0]!.name = 'z')),
    'MODEL_INVALID',
  ],
  ['no output', edited(model([{ opType: 'Relu' }]), (graph) => (graph.output = [])), 'MODEL_INVALID'],
  ['an input of no name', model([{ opType: 'Relu', input: ['z'] }]), 'MODEL_INVALID'],
  ['an initializer twice', edited(conv(), ({ initializer }) => initializer.push(initializer[0]!)), 'MODEL_INVALID'],
  ['a name that every object has', model([{ opType: 'Relu', input: ['__proto__'] }]), 'MODEL_INVALID'],
  ['an operator that every object has', model([{ opType: 'constructor' }]), 'OPERATOR_UNSUPPORTED'],

  // Tensors.
  [
    'too few bytes',
    edited(conv(), ({ initializer }) => (initializer[0]!.rawData = new Uint8Array(35))),
    'MODEL_INVALID',
  ],
  [
    'too many bytes',
    edited(conv(), ({ initializer }) => (initializer[0]!.rawData = new Uint8Array(37))),
    'MODEL_INVALID',
  ],
  ['no bytes', edited(conv(), ({ initializer }) => (initializer[0]!.rawData = new Uint8Array())), 'MODEL_INVALID'],
  [
    'a negative dimension',
    edited(conv(), ({ initializer }) => (initializer[0]!.dims = [-1n, -1n, 3n, 3n])),
    'MODEL_INVALID',
  ],
  [
    'dimensions that overflow',
    edited(conv(), ({ initializer }) => (initializer[0]!.dims = [2n ** 32n, 2n ** 32n, 3n, 3n])),
    'MODEL_INVALID',
  ],
  [
    'the largest dimension',
    edited(conv(), ({ initializer }) => (initializer[0]!.dims = [longest, 1n, 3n, 3n])),
    'MODEL_INVALID',
  ],
  [
    'an element type that is none',
    edited(conv(), ({ initializer }) => (initializer[0]!.dataType = 0)),
    'MODEL_INVALID',
  ],
  [
    'an element type of the future',
    edited(conv(), ({ initializer }) => (initializer[0]!.dataType = 1000)),
    'OPERATOR_UNSUPPORTED',
  ],
];

test.each(refused)('%s: is refused', async (_, made, code) => {
  await expect(use(made)).rejects.toMatchObject({ name: 'GdwsError', code });
  const bytes = encodeModel(made);
  const sources = [
    () => GradientSession.create(bytes, { limits }),
    () => compress(bytes, { params: 0.5, firstLayer: true, limits }),
  ];
  for (const create of sources) {
    const error = await create().catch((thrown: unknown) => thrown);
    // To compress a model is not to run it: what does not concern its layers may pass.
    if (error instanceof Error)
      expect(error).toMatchObject({ name: 'GdwsError', code: expect.not.stringMatching('INTERNAL') as string });
  }
});

test('weights of no output channel make an output of none', async () => {
  await expect(use(conv({}, floats([0, 1, 3, 3])))).resolves.toBeUndefined();
});

test('a model of no node hands its input on', async () => {
  const made = edited(model([]), ({ output }) => (output[0]!.name = 'x'));
  await expect(use(made)).resolves.toBeUndefined();
});

test.each([NaN, Infinity, -Infinity])('weights of %d run, and are not compressed', async (value) => {
  const made = conv({}, floats([1, 1, 3, 3], value));
  await expect(use(made)).resolves.toBeUndefined();
  await expect(compress(encodeModel(made), { params: 0.5, firstLayer: true })).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    node: 'layer',
  });
});

test('integers wrap around at 64 bits, however large they would become', async () => {
  const products = Array.from({ length: 70 }, (_, i) => ({
    opType: 'Mul',
    input: i === 0 ? ['three', 'three'] : [`t${i - 1}`, `t${i - 1}`],
    output: [`t${i}`],
  }));
  const made = model(
    [
      ...products,
      { opType: 'Pow', input: ['three', 'many'], output: ['power'] },
      { opType: 'ReduceProd', input: ['list'], output: ['product'], attributes: { keepdims: 0 } },
      { opType: 'Sub', input: ['power', 'product'], output: ['difference'] },
      { opType: 'Add', input: ['difference', 't69'], output: ['sum'] },
      { opType: 'Cast', input: ['sum'], output: ['shift'], attributes: { to: 1 } },
      { opType: 'Add', input: ['x', 'shift'] },
    ],
    {
      three: scalar(3),
      many: scalar(2n ** 62n + 1n),
      list: { type: 'int64', dims: [100_000], data: new BigInt64Array(100_000).fill(longest) },
    },
    [1],
  );
  // 3^(2^62 + 1) = 3 by Euler's theorem, (2^63 - 1)^100000 = 1, and 3^(2^70) = 1 modulo 2^64.
  const session = await InferenceSession.create(encodeModel(made));
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(0), [1]) });
  expect(Array.from(y!.data as Float32Array)).toEqual([3 - 1 + 1]);
});
