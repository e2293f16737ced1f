import { Tensor } from 'onnxruntime-common';
import { demandAgreement } from '../../benchmarks/agreement';
import { openSession } from '../../benchmarks/engines';
import { inferGraph } from '../../src/analysis/infer';
import { fusedProgram } from '../../src/engine/compile';
import { Graph } from '../../src/graph/graph';
import { float32ToFloat16 } from '../../src/onnx/float16';
import { makeModel, makeNode, makeValueInfo, type NodeParts } from '../../src/onnx/make';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { ConstantPool } from '../../src/program/constant-pool';
import { Random } from '../operators/random';

const random = new Random(8);
const floats = (...dims: number[]): Constant => random.floats(dims, -1, 1);

interface Case {
  x: number[];
  w: number[];
  attributes: NodeParts['attributes'];
  bias?: boolean;
  activation?: string;
  computedWeights?: boolean;
}

function modelOf({ x, w, attributes, bias, activation, computedWeights }: Case) {
  const groups = (attributes?.group as number | undefined) ?? 1;
  return makeModel({
    nodes: [
      ...(computedWeights ? [makeNode({ opType: 'Relu', input: ['v'], output: ['w'] })] : []),
      makeNode({ opType: 'ConvTranspose', input: ['x', 'w', ...(bias ? ['b'] : [])], output: ['t'], attributes }),
      makeNode({ opType: activation ?? 'Neg', input: ['t'], output: ['y'] }),
    ],
    inputs: [makeValueInfo('x', 'float32', x), ...(computedWeights ? [makeValueInfo('v', 'float32', w)] : [])],
    outputs: [
      makeValueInfo(
        'y',
        'float32',
        x.map((_, axis) => `y${axis}`),
      ),
    ],
    initializers: { ...(computedWeights ? {} : { w: floats(...w) }), ...(bias ? { b: floats(w[1]! * groups) } : {}) },
  });
}

async function check(one: Case, differentiably = false): Promise<string[]> {
  const model = modelOf(one);
  const bytes = encodeModel(model);
  const tensorOf = ({ data, dims }: Constant) => new Tensor('float32', data as Float32Array, dims);
  const feeds = {
    x: tensorOf(floats(...one.x)),
    ...(one.computedWeights ? { v: tensorOf(floats(...one.w)) } : {}),
  };
  const sessions = [
    await openSession('gdws', bytes, { threads: 2 }),
    await openSession('onnxruntime', bytes, { threads: 1 }),
  ];
  demandAgreement('ConvTranspose', await sessions[0]!.run(feeds), await sessions[1]!.run(feeds));
  for (const session of sessions) await session.release();
  const graph = new Graph(model);
  const { program } = fusedProgram(graph, inferGraph(graph), new ConstantPool(), { differentiably });
  return program.operations.map(({ opcode }) => opcode);
}

test.each<Case>([
  { x: [1, 3, 4, 5], w: [3, 2, 2, 2], attributes: { strides: [2, 2] } },
  { x: [2, 5, 7, 3], w: [5, 4, 2, 2], attributes: { strides: [2, 2] }, bias: true, activation: 'Relu' },
  { x: [1, 4, 3, 6], w: [4, 1, 3, 2], attributes: { strides: [3, 2] }, bias: true },
  { x: [1, 4, 3, 6], w: [4, 3, 1, 5], attributes: { strides: [1, 5] }, activation: 'HardSwish' },
  { x: [3, 4, 9], w: [4, 3, 4], attributes: { strides: [4] }, bias: true },
  { x: [1, 2, 1, 1], w: [2, 3, 4, 4], attributes: { strides: [4, 4] } },
])('%j becomes a convolution and a rearrangement', async (one) => {
  const opcodes = await check(one);
  expect(opcodes).toContain('convolution');
  expect(opcodes).toContain('strided');
  expect(opcodes).not.toContain('convolutionTranspose');
  // The activation is the convolution's.
  expect(opcodes.filter((opcode) => opcode === 'unary')).toHaveLength(one.activation ? 0 : 1);
  expect(await check(one, true)).toContain('convolutionTranspose');
});

test.each<Case>([
  { x: [1, 3, 4, 5], w: [3, 2, 3, 3], attributes: { strides: [2, 2] } },
  { x: [1, 3, 4, 5], w: [3, 2, 2, 2], attributes: { strides: [3, 3] } },
  { x: [1, 3, 4, 5], w: [3, 2, 2, 2], attributes: { strides: [2, 2], pads: [1, 0, 1, 0] } },
  { x: [1, 3, 4, 5], w: [3, 2, 2, 2], attributes: { strides: [2, 2], pads: [0, 0, 1, 1] } },
  { x: [1, 3, 4, 5], w: [3, 2, 2, 2], attributes: { strides: [2, 2], output_padding: [1, 1] } },
  { x: [1, 3, 4, 5], w: [3, 2, 2, 2], attributes: { strides: [2, 2], dilations: [2, 2] } },
  { x: [1, 4, 4, 5], w: [4, 2, 2, 2], attributes: { strides: [2, 2], group: 2 } },
  { x: [1, 3, 4, 5], w: [3, 2, 1, 1], attributes: { strides: [1, 1] } },
  { x: [1, 3, 4, 5], w: [3, 2, 2, 2], attributes: { strides: [2, 2] }, computedWeights: true },
])('%j stays', async (one) => {
  expect(await check(one)).toContain('convolutionTranspose');
});

test('weights of float16, and other shapes of one session', async () => {
  const model = modelOf({ x: [1, 3, 4, 5], w: [3, 2, 2, 2], attributes: { strides: [2, 2] }, bias: true });
  for (const tensor of model.graph!.initializer) {
    const values = new Float32Array(tensor.rawData.slice().buffer);
    tensor.dataType = 10;
    tensor.rawData = new Uint8Array(float32ToFloat16(values).buffer);
    const wide = `${tensor.name} wide`;
    model.graph!.node.unshift(
      makeNode({ opType: 'Cast', input: [tensor.name], output: [wide], attributes: { to: 1 } }),
    );
    for (const node of model.graph!.node.slice(1))
      node.input = node.input.map((name) => (name === tensor.name ? wide : name));
  }
  model.graph!.input[0]!.type = makeValueInfo('x', 'float32', ['n', 3, 'h', 'w']).type;
  const bytes = encodeModel(model);
  const sessions = [
    await openSession('gdws', bytes, { threads: 1 }),
    await openSession('onnxruntime', bytes, { threads: 1 }),
  ];
  for (const dims of [
    [1, 3, 4, 5],
    [2, 3, 6, 1],
    [1, 3, 4, 5],
  ]) {
    const x = new Tensor('float32', floats(...dims).data as Float32Array, dims);
    demandAgreement('ConvTranspose', await sessions[0]!.run({ x }), await sessions[1]!.run({ x }));
  }
  for (const session of sessions) await session.release();
});
