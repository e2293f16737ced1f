import type { NodeParts } from '../../../src/onnx/make';
import { body, bool, checkModel, floats, info, ints, model, type BodyParts } from './models';

const trip = [info('i', 'int64', []), info('going', 'bool', [])];

/** Adds x to the sum, scans it, and goes on while the sum is below the limit. */
const summing: BodyParts = {
  nodes: [
    { opType: 'Add', input: ['sum', 'x'], output: ['next'] },
    { opType: 'Mul', input: ['next', 'two'], output: ['doubled'] },
    { opType: 'ReduceMax', input: ['next'], output: ['most'], attributes: { keepdims: 0 } },
    { opType: 'Less', input: ['most', 'limit'], output: ['goes'] },
  ],
  inputs: [...trip, info('sum', 'float32', ['n'])],
  outputs: ['goes', 'next', 'doubled'],
  initializers: { two: floats([], 2) },
};

const summed = (trips: string, going: string) =>
  model({
    nodes: [
      { opType: 'Neg', input: ['x'], output: ['negative'] },
      { opType: 'Neg', input: ['negative'], output: ['start'] },
      {
        opType: 'Loop',
        name: 'loop',
        input: [trips, going, 'start'],
        output: ['last', 'all'],
        attributes: { body: body(summing) },
      },
      { opType: 'Sub', input: ['last', 'x'], output: ['y'] },
    ],
    inputs: [
      info('x', 'float32', ['n']),
      info('limit', 'float32', []),
      ...(trips ? [info('trips', 'int64', [])] : []),
      ...(going ? [info('begins', 'bool', [])] : []),
    ],
    outputs: ['y', 'all', 'last'],
  });

describe('Loop', () => {
  test('ends by its number of trips or by its condition', async () => {
    const x = floats([2], 1, 2);
    await checkModel(summed('trips', 'begins'), [
      { x, limit: floats([], 5), trips: ints([], 10), begins: bool(true) },
      { x, limit: floats([], 50), trips: ints([], 3), begins: bool(true) },
      { x: floats([3], 1, 0, 3), limit: floats([], 50), trips: ints([], 5), begins: bool(true) },
      { x, limit: floats([], 5), trips: ints([], 1), begins: bool(true) },
    ]);
  });

  test('may have no limit of trips, or no first condition', async () => {
    const x = floats([2], 1, 2);
    await checkModel(summed('', 'begins'), [
      { x, limit: floats([], 9), begins: bool(true) },
      { x, limit: floats([], 21), begins: bool(true) },
    ]);
    await checkModel(summed('trips', ''), [{ x, limit: floats([], 9), trips: ints([], 2) }]);
    await checkModel(summed('', ''), [{ x, limit: floats([], 9) }]);
  });

  test('may have no trip', async () => {
    const x = floats([2], 1, 2);
    const fixed = model({
      nodes: [
        { opType: 'Loop', input: ['trips', 'begins', 'x'], output: ['y', 'all'], attributes: { body: body(fixedSum) } },
      ],
      inputs: [
        info('x', 'float32', [2]),
        info('limit', 'float32', []),
        info('trips', 'int64', []),
        info('begins', 'bool', []),
      ],
      outputs: ['y', 'all'],
    });
    await checkModel(fixed, [
      { x, limit: floats([], 5), trips: ints([], 0), begins: bool(true) },
      { x, limit: floats([], 5), trips: ints([], -3), begins: bool(true) },
      { x, limit: floats([], 5), trips: ints([], 4), begins: bool(false) },
    ]);
  });
  const fixedSum: BodyParts = { ...summing, inputs: [...trip, info('sum', 'float32', [2])] };

  test('carries states whose shapes change, and uses the number of the trip', async () => {
    const growing: BodyParts = {
      nodes: [
        { opType: 'Add', input: ['i', 'one'], output: ['end'] },
        { opType: 'Unsqueeze', input: ['i', 'axis'], output: ['starts'] },
        { opType: 'Unsqueeze', input: ['end', 'axis'], output: ['ends'] },
        { opType: 'Slice', input: ['x', 'starts', 'ends', 'axis'], output: ['part'] },
        { opType: 'Concat', input: ['list', 'part', 'part'], output: ['longer'], attributes: { axis: 0 } },
        { opType: 'ReduceSum', input: ['longer'], output: ['sum'], attributes: { keepdims: 0 } },
        { opType: 'Identity', input: ['going'], output: ['goes'] },
      ],
      inputs: [...trip, info('list', 'float32', ['m'])],
      outputs: ['goes', 'longer', 'sum', 'part'],
      initializers: { one: ints([], 1), axis: ints([1], 0) },
    };
    const tested = model({
      nodes: [
        {
          opType: 'Loop',
          input: ['trips', '', 'first'],
          output: ['y', 'sums', 'parts'],
          attributes: { body: body(growing) },
        },
      ],
      inputs: [info('x', 'float32', ['n']), info('trips', 'int64', [])],
      outputs: ['y', 'sums', 'parts'],
      initializers: { first: floats([1], 7) },
    });
    await checkModel(tested, [
      { x: floats([4], 1, 2, 3, 4), trips: ints([], 3) },
      { x: floats([5], 1, 2, 3, 4, 5), trips: ints([], 5) },
    ]);
  });

  test('has an If within, and stands within one; both read names from two scopes outside', async () => {
    const branch = (opType: string): NodeParts[] => [
      { opType, input: ['state', 'x'], output: ['inside'] },
      { opType: 'Add', input: ['inside', 'shift'], output: ['result'] },
    ];
    const inner: BodyParts = {
      nodes: [
        { opType: 'Mod', input: ['i', 'two'], output: ['odd'] },
        { opType: 'Equal', input: ['odd', 'zero'], output: ['isEven'] },
        {
          opType: 'If',
          input: ['isEven'],
          output: ['next'],
          attributes: {
            then_branch: body({ nodes: branch('Add'), outputs: ['result'] }),
            else_branch: body({ nodes: branch('Mul'), outputs: ['result'] }),
          },
        },
        { opType: 'ReduceSum', input: ['next'], output: ['total'], attributes: { keepdims: 0 } },
        { opType: 'Less', input: ['total', 'limit'], output: ['goes'] },
      ],
      inputs: [...trip, info('state', 'float32', ['n'])],
      outputs: ['goes', 'next', 'total'],
      initializers: { two: ints([], 2), zero: ints([], 0) },
    };
    const tested = model({
      nodes: [
        { opType: 'ReduceSum', input: ['x'], output: ['sum'], attributes: { keepdims: 0 } },
        { opType: 'Greater', input: ['sum', 'none'], output: ['isPositive'] },
        { opType: 'Exp', input: ['none'], output: ['shift'] },
        {
          opType: 'If',
          input: ['isPositive'],
          output: ['y', 'totals'],
          attributes: {
            then_branch: body({
              nodes: [
                {
                  opType: 'Loop',
                  input: ['trips', '', 'x'],
                  output: ['last', 'scanned'],
                  attributes: { body: body(inner) },
                },
              ],
              outputs: ['last', 'scanned'],
            }),
            else_branch: body({
              nodes: [
                { opType: 'Abs', input: ['x'], output: ['last'] },
                { opType: 'Identity', input: ['last'], output: ['scanned'] },
              ],
              outputs: ['last', 'scanned'],
            }),
          },
        },
      ],
      inputs: [info('x', 'float32', ['n']), info('trips', 'int64', []), info('limit', 'float32', [])],
      outputs: ['y', 'totals'],
      initializers: { none: floats([], 0) },
    });
    const limit = floats([], 1000);
    await checkModel(tested, [
      { x: floats([2], 1, 2), trips: ints([], 4), limit },
      { x: floats([2], -1, -2), trips: ints([], 4), limit },
      { x: floats([3], 1, 2, 3), trips: ints([], 7), limit },
    ]);
  });

  test('within another, and what the body passes on', async () => {
    const inner: BodyParts = {
      nodes: [
        { opType: 'Add', input: ['value', 'j'], output: ['sum'] },
        { opType: 'Add', input: ['sum', 'i'], output: ['next'] },
        { opType: 'Identity', input: ['on'], output: ['goes'] },
      ],
      inputs: [info('j', 'int64', []), info('on', 'bool', []), info('value', 'int64', [])],
      outputs: ['goes', 'next', 'sum'],
    };
    const outer: BodyParts = {
      nodes: [
        { opType: 'Loop', input: ['i', '', 'state'], output: ['last', 'sums'], attributes: { body: body(inner) } },
        { opType: 'Identity', input: ['going'], output: ['goes'] },
        { opType: 'ReduceSum', input: ['sums'], output: ['total'], attributes: { keepdims: 0 } },
      ],
      inputs: [...trip, info('state', 'int64', []), info('kept', 'float32', ['n'])],
      outputs: ['goes', 'last', 'kept', 'total'],
    };
    const tested = model({
      nodes: [
        {
          opType: 'Loop',
          input: ['trips', '', 'start', 'x'],
          output: ['y', 'same', 'totals'],
          attributes: { body: body(outer) },
        },
      ],
      inputs: [info('x', 'float32', ['n']), info('trips', 'int64', [1])],
      outputs: ['y', 'same', 'totals'],
      initializers: { start: ints([], 3) },
    });
    await checkModel(tested, [
      { x: floats([1], 5), trips: ints([1], 4) },
      { x: floats([2], 5, 6), trips: ints([1], 2) },
    ]);
  });
});
