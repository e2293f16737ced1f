import { GradientSession } from '../../src/gradient/gradient-session';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { pick, stridedPositions, stridesOf } from '../../src/operators/layout';
import { known, titleOf, type Case } from './case';
import { recurrentCases } from './cases/recurrent';
import { checkCases, expectClose, run } from './check';
import { expectedOf } from './oracle';
import { Random } from './random';

checkCases(recurrentCases);

/** The tensor with its axes in another order. */
function permuted(tensor: Constant, order: readonly number[]): Constant {
  const dims = order.map((axis) => tensor.dims[axis]!);
  const strides = stridesOf(tensor.dims);
  return pick(
    tensor,
    dims,
    stridedPositions(
      dims,
      order.map((axis) => strides[axis]!),
    ),
  );
}

// onnxruntime has no layout 1.
const batchFirst = recurrentCases.filter(({ opset }) => opset >= 14).slice(0, 60);
test.each(batchFirst.map((tested) => ({ title: titleOf(tested), tested })))(
  'with the batch first, $title gives the same',
  async ({ tested }) => {
    const swapped = [1, 0, 2];
    const inputs = tested.inputs.map((input, index) =>
      input && (index === 0 || index === 5 || index === 6)
        ? { ...input, ...permuted(input as Constant, swapped) }
        : input,
    );
    const results = await run({ ...tested, inputs, attributes: { ...tested.attributes, layout: 1 } });
    const [y, ...states] = results;
    const usual = [permuted(y!, [1, 2, 0, 3]), ...states.map((state) => permuted(state, swapped))];
    expectClose(usual, await expectedOf(tested), tested);
  },
);

const random = new Random(42);
const [x, w, r] = [random.floats([3, 2, 4]), random.floats([1, 5, 4]), random.floats([1, 5, 5])];
const small: Case = { opType: 'RNN', opset: 14, inputs: [x, known(w), known(r)], attributes: { hidden_size: 5 } };

test.each([
  ['direction', 'backward'],
  ['layout', 2],
  ['clip', { float: -1 }],
  ['activations', ['Tanh', 'Tanh']],
])('%s %p is no attribute of it', async (name, value) => {
  const refused = { ...small, attributes: { ...small.attributes, [name]: value } };
  await expect(run(refused)).rejects.toMatchObject({ code: 'MODEL_INVALID', node: 'node', operator: 'RNN' });
});

test('a sequence whose length is beyond the input, or negative, ends at the end, or has no steps', async () => {
  const withLengths = (...lengths: number[]): Case => ({
    ...small,
    outputs: 2,
    inputs: [...small.inputs, undefined, { type: 'int32', dims: [2], data: Int32Array.from(lengths) }],
  });
  const wanted = await run(withLengths(3, 0));
  expect(await run(withLengths(7, -2))).toEqual(wanted);
  expectClose(wanted, await expectedOf(withLengths(3, 0)), {} as Case);
});

test('a sequence without steps ends in zeros', async () => {
  const empty: Case = {
    opType: 'LSTM',
    opset: 14,
    outputs: 3,
    inputs: [
      random.floats([0, 2, 4]),
      known(random.floats([1, 12, 4])),
      known(random.floats([1, 12, 3])),
      undefined,
      undefined,
      random.floats([1, 2, 3]),
      random.floats([1, 2, 3]),
    ],
    attributes: { hidden_size: 3 },
  };
  const [y, last, lastCell] = await run(empty);
  expect(y!.dims).toEqual([0, 1, 2, 3]);
  for (const state of [last, lastCell]) expect([...(state!.data as Float32Array)]).toEqual(new Array(6).fill(0));
});

test('a gradient through it is refused with its name', async () => {
  const model = makeModel({
    nodes: [
      makeNode({
        opType: 'RNN',
        name: 'node',
        input: ['x', 'w', 'r'],
        output: ['', 'last'],
        attributes: { hidden_size: 5, layout: 1 },
      }),
      makeNode({ opType: 'Flatten', input: ['last'], output: ['logits'] }),
    ],
    inputs: [makeValueInfo('x', 'float32', [1, 3, 4])],
    outputs: [makeValueInfo('logits', 'float32', [1, 5])],
    initializers: { w, r },
    opset: 14,
  });
  const error = GradientSession.create(encodeModel(model));
  await expect(error).rejects.toMatchObject({ code: 'GRADIENT_UNSUPPORTED', node: 'node', operator: 'RNN' });
});
