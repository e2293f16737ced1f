import { InferenceSession } from '../../../src/engine/session';
import { encodeModel } from '../../../src/onnx/write';
import { body, bool, checkModel, floats, info, ints, model, tensors } from './models';

/** Two branches with the same names inside. */
const branches = {
  then_branch: body({
    nodes: [{ opType: 'Mul', name: 'inner', input: ['x', 'factor'], output: ['inside'] }],
    outputs: ['inside'],
    initializers: { factor: floats([], 2) },
  }),
  else_branch: body({
    nodes: [
      { opType: 'Mul', name: 'inner', input: ['x', 'factor'], output: ['before'] },
      { opType: 'Sub', name: 'last', input: ['before', 'x'], output: ['inside'] },
    ],
    outputs: ['inside'],
    initializers: { factor: floats([], 5) },
  }),
};

const byRank = (dims: (string | number)[]) =>
  model({
    nodes: [
      { opType: 'Shape', input: ['x'], output: ['shape'] },
      { opType: 'Gather', input: ['shape', 'first'], output: ['length'] },
      { opType: 'Greater', input: ['length', 'limit'], output: ['isLong'] },
      { opType: 'If', input: ['isLong'], output: ['chosen'], attributes: branches },
      { opType: 'Relu', input: ['chosen'], output: ['y'] },
    ],
    inputs: [info('x', 'float32', dims)],
    outputs: ['y'],
    initializers: { first: ints([], 0), limit: ints([], 2) },
  });

describe('an If whose condition is known', () => {
  test('by the shape of an input, which differs from run to run', async () => {
    await checkModel(byRank(['n']), [{ x: floats([2], 1, -2) }, { x: floats([3], 1, -2, 3) }, { x: floats([1], 4) }]);
  });

  test('by a small input', async () => {
    const tested = model({
      nodes: [
        { opType: 'Equal', input: ['rate', 'usual'], output: ['isUsual'] },
        { opType: 'If', input: ['isUsual'], output: ['y'], attributes: branches },
      ],
      inputs: [info('x', 'float32', [2, 'n']), info('rate', 'int64', [])],
      outputs: ['y'],
      initializers: { usual: ints([], 16000) },
    });
    await checkModel(tested, [
      { x: floats([2, 1], 1, -2), rate: ints([], 16000) },
      { x: floats([2, 1], 1, -2), rate: ints([], 8000) },
      { x: floats([2, 2], 1, -2, 3, 4), rate: ints([], 16000) },
    ]);
  });
  test('by a constant', async () => {
    const tested = model({
      nodes: [{ opType: 'If', input: ['yes'], output: ['y'], attributes: branches }],
      inputs: [info('x', 'float32', [2])],
      outputs: ['y'],
      initializers: { yes: bool(true) },
    });
    await checkModel(tested, [{ x: floats([2], 1, -2) }]);
  });
  test('is one program', async () => {
    const session = await InferenceSession.create(encodeModel(byRank(['n'])), { enableProfiling: true });
    await session.run(tensors({ x: floats([3], 1, 2, 3) }));
    expect(session.profile().map(({ node, operator }) => `${operator} ${node}`)).toEqual(['Mul inner']);
  });
});

test('an If whose condition is computed', async () => {
  const tested = model({
    nodes: [
      { opType: 'ReduceSum', input: ['x'], output: ['sum'], attributes: { keepdims: 0 } },
      { opType: 'Greater', input: ['sum', 'limit'], output: ['isLarge'] },
      { opType: 'If', input: ['isLarge'], output: ['chosen'], attributes: branches },
      { opType: 'Relu', input: ['chosen'], output: ['y'] },
    ],
    inputs: [info('x', 'float32', ['n'])],
    outputs: ['y'],
    initializers: { limit: floats([], 2) },
  });
  await checkModel(tested, [{ x: floats([2], 1, -2) }, { x: floats([2], 4, -1) }, { x: floats([3], 1, 2, 3) }]);
});
