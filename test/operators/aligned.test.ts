import { constantOf } from '../../src/operators/elements';
import { known, type Case, type CaseInput } from './case';
import { expectClose, run } from './check';
import { Random } from './random';

// Operator sets before 7 name the axis from which on input 1 lies. onnxruntime runs none of them: what they mean is written
// for operator set 13, whose broadcasting is numpy's.

const random = new Random(31);
const dims = [2, 3, 3];

const operands = {
  floats: [random.floats(dims, 0.5, 2), random.floats([3], 0.5, 2)],
  bools: [random.bools(dims), constantOf('bool', [3], [1, 0, 0])],
  integers: [random.integers(dims, 0, 2, 'int32'), random.integers([3], 0, 2, 'int32')],
} as const;

const operators = [
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Less', 'Greater'].map((opType) => ({ opType, kind: 'floats' as const })),
  ...['And', 'Or', 'Xor'].map((opType) => ({ opType, kind: 'bools' as const })),
  { opType: 'Equal', kind: 'integers' as const },
];
const variants = operators.flatMap((one) =>
  ['fed', 'a constant', 'computed before the run'].map((b) => ({ ...one, b })),
);

test.each(variants)('$opType of an operand along axis 1, $b', async ({ opType, kind, b }) => {
  const [x, y] = operands[kind];
  const inputs: CaseInput[] = [b === 'computed before the run' ? known(x) : x, b === 'fed' ? y : known(y)];
  const meant: Case = { opType, opset: 13, inputs: [inputs[0], { ...inputs[1]!, dims: [3, 1] }] };
  const expected = await run(meant);
  for (const axis of [1, -2]) {
    const tested: Case = { opType, opset: 6, inputs, attributes: { broadcast: 1, axis } };
    expectClose(await run(tested), expected, tested);
  }
});

test.each([
  ['no room', 2, [3, 3]],
  ['no such axis', 3, [3]],
])('%s for the operand', async (_, axis, of) => {
  const inputs = [operands.floats[0], random.floats(of)];
  await expect(run({ opType: 'Add', opset: 6, inputs, attributes: { broadcast: 1, axis } })).rejects.toMatchObject({
    code: 'SHAPE_MISMATCH',
    node: 'node',
    operator: 'Add',
  });
});
