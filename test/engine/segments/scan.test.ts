import type { Constant } from '../../../src/onnx/value';
import { Random } from '../../operators/random';
import { body, checkModel, floats, info, ints, model, type BodyParts } from './models';

const random = new Random(77);

/** Two states of other shapes than the items; items of two inputs are combined, and two results are stacked. */
const both: BodyParts = {
  nodes: [
    { opType: 'Add', input: ['sum', 'a'], output: ['nextSum'] },
    { opType: 'Mul', input: ['product', 'scale'], output: ['scaled'] },
    { opType: 'ReduceMean', input: ['b'], output: ['mean'], attributes: { keepdims: 0 } },
    { opType: 'Add', input: ['scaled', 'mean'], output: ['nextProduct'] },
    { opType: 'Mul', input: ['nextSum', 'outer'], output: ['first'] },
    { opType: 'Sub', input: ['b', 'nextProduct'], output: ['second'] },
  ],
  inputs: ['sum', 'product', 'a', 'b'].map((name, index) =>
    info(name, 'float32', [['p'], [], ['p'], ['q', 'r']][index]!),
  ),
  outputs: ['nextSum', 'nextProduct', 'first', 'second'],
  initializers: { scale: floats([], 0.5) },
};

const scanning = (axes: [number, number], attributes: Record<string, readonly number[]>, opset: number) => {
  const place = (dims: (string | number)[], axis: number) =>
    dims.toSpliced(axis < 0 ? axis + dims.length + 1 : axis, 0, 'n');
  return model({
    nodes: [
      { opType: 'Exp', input: ['factor'], output: ['outer'] },
      {
        opType: 'Scan',
        name: 'scan',
        input: ['start', 'one', 'xs', 'ys'],
        output: ['y', 'z', 'firsts', 'seconds'],
        attributes: { body: body(both), num_scan_inputs: 2, scan_input_axes: axes, ...attributes },
      },
      { opType: 'Neg', input: ['seconds'], output: ['negative'] },
    ],
    inputs: [
      info('start', 'float32', ['p']),
      info('factor', 'float32', []),
      info('xs', 'float32', place(['p'], axes[0])),
      info('ys', 'float32', place(['q', 'r'], axes[1])),
    ],
    outputs: ['y', 'z', 'firsts', 'seconds', 'negative'],
    initializers: { one: floats([], 1) },
    opset,
  });
};

function feedsOf(axes: [number, number], length: number): Record<string, Constant> {
  const [p, q, r] = random.dims(3, 1, 4) as [number, number, number];
  const place = (dims: number[], axis: number) => dims.toSpliced(axis < 0 ? axis + dims.length + 1 : axis, 0, length);
  return {
    start: random.floats([p]),
    factor: floats([], 0.3),
    xs: random.floats(place([p], axes[0])),
    ys: random.floats(place([q, r], axes[1])),
  };
}

describe('Scan', () => {
  const cases = Array.from({ length: 12 }, (_, index) => {
    const opset = random.pick([9, 11, 17]);
    const negative = opset >= 11 ? 1 : 0;
    const axes: [number, number] = [random.integer(-2 * negative, 1), random.integer(-3 * negative, 2)];
    const directions = () => [random.integer(0, 1), random.integer(0, 1)];
    const attributes = {
      ...(random.next() < 0.7 ? { scan_input_directions: directions() } : {}),
      ...(random.next() < 0.7 ? { scan_output_directions: directions() } : {}),
      ...(random.next() < 0.7
        ? { scan_output_axes: [random.integer(-2 * negative, 1), random.integer(-3 * negative, 2)] }
        : {}),
    };
    return { index, opset, axes, attributes };
  });
  test.each(cases)('$index: set $opset, axes $axes, $attributes', async ({ axes, attributes, opset }) => {
    await checkModel(scanning(axes, attributes, opset), [feedsOf(axes, 4), feedsOf(axes, 1), feedsOf(axes, 6)]);
  });

  test('without states, and with a body that needs shapes from outside', async () => {
    const tested = model({
      nodes: [
        { opType: 'Shape', input: ['x'], output: ['shape'] },
        { opType: 'Gather', input: ['shape', 'last'], output: ['width'] },
        {
          opType: 'Scan',
          input: ['x'],
          output: ['y'],
          attributes: {
            num_scan_inputs: 1,
            body: body({
              nodes: [
                { opType: 'Concat', input: ['half', 'width'], output: ['dims'], attributes: { axis: 0 } },
                { opType: 'Unsqueeze', input: ['row', 'zero'], output: ['higher'] },
                { opType: 'Expand', input: ['higher', 'dims'], output: ['expanded'] },
              ],
              inputs: [info('row', 'float32', ['w'])],
              outputs: ['expanded'],
              initializers: { half: ints([1], 2), zero: ints([1], 0) },
            }),
          },
        },
      ],
      inputs: [info('x', 'float32', ['n', 'w'])],
      outputs: ['y'],
      initializers: { last: ints([1], 1) },
    });
    await checkModel(tested, [{ x: floats([3, 2], 1, 2, 3, 4, 5, 6) }, { x: floats([1, 3], 1, 2, 3) }]);
  });
});
