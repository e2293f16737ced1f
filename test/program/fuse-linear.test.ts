import { Tensor } from 'onnxruntime-common';
import { demandAgreement } from '../../benchmarks/agreement';
import { openSession } from '../../benchmarks/engines';
import { lowerGraph } from '../../src/engine/compile';
import { Graph } from '../../src/graph/graph';
import { makeModel, makeNode, makeValueInfo, type NodeParts } from '../../src/onnx/make';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { encodeModel } from '../../src/onnx/write';
import { constantOf } from '../../src/operators/elements';
import { ConstantPool } from '../../src/program/constant-pool';

const dims = [2, 3, 5, 4];

function modelOf(lines: readonly string[], outputs = ['y']): ModelProto {
  const nodes = lines.map((line): NodeParts => {
    const [output, opType, ...input] = line.split(/ = | /) as [string, string, ...string[]];
    return { opType, input, output: [output] };
  });
  return makeModel({
    nodes: [
      makeNode({ opType: 'Conv', input: ['x', 'w'], output: ['a'], attributes: { pads: [1, 1, 1, 1] } }),
      makeNode({ opType: 'HardSwish', input: ['a'], output: ['h'] }),
      ...nodes.map(makeNode),
    ],
    inputs: [makeValueInfo('x', 'float32', dims)],
    outputs: outputs.map((name) => makeValueInfo(name, 'float32', dims)),
    initializers: {
      w: constantOf(
        'float32',
        [3, 3, 3, 3],
        Array.from({ length: 81 }, (_, i) => Math.sin(i)),
      ),
      two: constantOf('float32', [1], [2]),
      minus: constantOf('float32', [], [-0.75]),
      channels: constantOf('float32', [3, 1, 1], [1, 2, 3]),
      infinite: constantOf('float32', [], [Infinity]),
    },
    opset: 14,
  });
}

/** Compares both engines, and tells the operations and what activates the first. */
async function check(model: ModelProto) {
  const bytes = encodeModel(model);
  const data = Float32Array.from({ length: 120 }, (_, i) => 2 * Math.cos(i));
  const feeds = { x: new Tensor('float32', data, dims) };
  const sessions = [
    await openSession('gdws', bytes, { threads: 1 }),
    await openSession('onnxruntime', bytes, { threads: 1 }),
  ];
  demandAgreement('hard swish', await sessions[0]!.run(feeds), await sessions[1]!.run(feeds));
  for (const session of sessions) await session.release();
  return loweredOf(model);
}

function loweredOf(model: ModelProto) {
  const { operations } = lowerGraph(new Graph(model), undefined, new ConstantPool()).program;
  const [first] = operations;
  return {
    opcodes: operations.map(({ opcode }) => opcode),
    activation: first?.opcode === 'convolution' ? first.attributes.activation : undefined,
  };
}

test.each<[string[], number, number]>([
  [[], 1, 0],
  [['y = Mul h two'], 2, 0],
  [['p = Mul h two', 'y = Add p minus'], 2, -0.75],
  [['p = Add minus h', 'y = Mul two p'], 2, -1.5],
])('after a hard swish, %j becomes a part of it, and it of the convolution', async (lines, a, b) => {
  const model = lines.length === 0 ? modelOf([], ['h']) : modelOf(lines);
  const { opcodes, activation } = await check(model);
  expect(opcodes).toEqual(['convolution']);
  expect(activation).toEqual({ name: 'hardSwish', a, b });
});

test.each<{ lines: string[]; outputs?: string[] }>([
  { lines: ['y = Mul h channels'] },
  { lines: ['y = Add h h'] },
  { lines: ['y = Sub h two'] },
  { lines: ['y = Mul h two'], outputs: ['y', 'h'] },
])('%j stays', async ({ lines, outputs }) => {
  const { opcodes } = await check(modelOf(lines, outputs));
  expect(opcodes).toContain('binary');
});

test('a number that is not finite stays', () => {
  expect(loweredOf(modelOf(['y = Add h infinite'])).opcodes).toContain('binary');
});
