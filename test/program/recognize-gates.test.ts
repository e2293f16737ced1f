import { Tensor } from 'onnxruntime-common';
import { demandAgreement } from '../../benchmarks/agreement';
import { openSession } from '../../benchmarks/engines';
import { lowerGraph } from '../../src/engine/compile';
import { Graph } from '../../src/graph/graph';
import type { AttributeValue } from '../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { encodeModel } from '../../src/onnx/write';
import { ConstantPool } from '../../src/program/constant-pool';
import type { UnaryName } from '../../src/program/operation';

interface Gate {
  opType: string;
  attributes?: Record<string, AttributeValue>;
  /** What is multiplied: the input is x, the gate g, something else e. */
  factors: [string, string];
  outputs?: string[];
}

function modelOf({ opType, attributes = {}, factors, outputs = ['y'] }: Gate): ModelProto {
  const dims = [2, 3, 5];
  return makeModel({
    nodes: [
      makeNode({ opType: 'Neg', input: ['input'], output: ['x'] }),
      makeNode({ opType: 'Abs', input: ['input'], output: ['e'] }),
      makeNode({ opType, input: ['x'], output: ['g'], attributes }),
      makeNode({ opType: 'Mul', input: factors, output: ['y'] }),
    ],
    inputs: [makeValueInfo('input', 'float32', dims)],
    outputs: outputs.map((name) => makeValueInfo(name, 'float32', dims)),
  });
}

/** Runs the model in both engines; says which operations it was lowered to, unary ones by their function. */
async function check(gate: Gate): Promise<string[]> {
  const model = modelOf(gate);
  const bytes = encodeModel(model);
  const data = Float32Array.from({ length: 30 }, (_, i) => (i - 15) / 2);
  const feeds = { input: new Tensor('float32', data, [2, 3, 5]) };
  const [own, other] = [
    await openSession('gdws', bytes, { threads: 1 }),
    await openSession('onnxruntime', bytes, { threads: 1 }),
  ];
  demandAgreement(gate.opType, await own.run(feeds), await other.run(feeds));
  await own.release();
  await other.release();
  const { operations } = lowerGraph(new Graph(model), undefined, new ConstantPool()).program;
  return operations.map((operation) =>
    operation.opcode === 'unary' ? `unary ${operation.attributes.function}` : operation.opcode,
  );
}

const sixth: Record<string, AttributeValue> = { alpha: { float: 1 / 6 }, beta: { float: 0.5 } };

test.each<[UnaryName, Gate]>([
  ['silu', { opType: 'Sigmoid', factors: ['x', 'g'] }],
  ['silu', { opType: 'Sigmoid', factors: ['g', 'x'] }],
  ['hardSwish', { opType: 'HardSigmoid', attributes: sixth, factors: ['x', 'g'] }],
])('%s is recognized in %j', async (name, gate) => {
  expect(await check(gate)).toEqual(['unary neg', `unary ${name}`]);
});

test.each<Gate>([
  { opType: 'Sigmoid', factors: ['e', 'g'] },
  { opType: 'Sigmoid', factors: ['g', 'g'] },
  { opType: 'Sigmoid', factors: ['x', 'g'], outputs: ['y', 'g'] },
  { opType: 'HardSigmoid', factors: ['x', 'g'] },
])('another product stays: %j', async (gate) => {
  expect(await check(gate)).toContain('binary');
});
