import { counters } from '../../src/addon/introspection';
import { programKey } from '../../src/engine/program-key';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { GradientSession } from '../../src/gradient/gradient-session';
import { makeModel, makeNode } from '../../src/onnx/make';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { openValueInfo } from './undeclared';

const twice = makeNode({ opType: 'Add', input: ['x', 'x'], output: ['y'] });
const floats = new Tensor('float32', Float32Array.of(0.5, 1.5, 2.5), [3]);
const integers = new Tensor('int32', Int32Array.of(1, 2, 3), [3]);
const large = new Tensor('int64', BigInt64Array.of(2n ** 40n, 2n, 3n), [3]);

/** Twice x, whose element type is left open. */
const doubling = encodeModel(
  makeModel({
    nodes: [twice],
    inputs: [openValueInfo('x', { dims: ['n'] })],
    outputs: [openValueInfo('y')],
  }),
);

describe('feeds of the same shape and other types have a program each', () => {
  const cases: [Tensor, unknown[]][] = [
    [floats, [1, 3, 5]],
    [integers, [2, 4, 6]],
    [large, [2n ** 41n, 4n, 6n]],
    [floats, [1, 3, 5]],
  ];

  test('of a session', async () => {
    const session = await InferenceSession.create(doubling);
    const before = counters().programsCompiled;
    for (const [x, wanted] of cases) {
      for (const { y } of [await session.run({ x }), session.runSync({ x })]) {
        expect(y!.type).toBe(x.type);
        expect(Array.from<unknown>(y!.data as Float32Array)).toEqual(wanted);
      }
    }
    // At least: other tests of this process may compile meanwhile.
    expect(counters().programsCompiled - before).toBe(3);
  });

  test('of a session, also where they are compiled at once', async () => {
    const session = await InferenceSession.create(doubling);
    const results = await Promise.all(cases.map(([x]) => session.run({ x })));
    results.forEach(({ y }, i) => expect(Array.from<unknown>(y!.data as Float32Array)).toEqual(cases[i]![1]));
  });

  test('of a gradient session', async () => {
    const session = await GradientSession.create(
      encodeModel(
        makeModel({
          nodes: [
            makeNode({ opType: 'Cast', input: ['x'], output: ['f'], attributes: { to: 1 } }),
            makeNode({ opType: 'Mul', input: ['f', 'w'], output: ['y'] }),
          ],
          inputs: [openValueInfo('x', { dims: ['n', 2] })],
          outputs: [openValueInfo('y')],
          initializers: { w: { type: 'float32', dims: [2], data: Float32Array.of(2, 3) } },
        }),
      ),
    );
    const ones = (logits: Float32Array) => logits.map(() => 1);
    const ofFloats = { x: new Tensor('float32', Float32Array.of(0.5, 1), [1, 2]) };
    const ofIntegers = { x: new Tensor('int32', Int32Array.of(1, 2), [1, 2]) };
    for (let round = 0; round < 2; round++) {
      expect([...((await session.logits(ofFloats)).data as Float32Array)]).toEqual([1, 3]);
      expect([...((await session.logits(ofIntegers)).data as Float32Array)]).toEqual([2, 6]);
      expect([...((await session.gradient(ofFloats, ones)).inputs.x!.data as Float32Array)]).toEqual([2, 3]);
      expect((await session.gradient(ofIntegers, ones)).inputs).toEqual({});
    }
  });
});

test('a program for the elements of an input is for no others', () => {
  const key = (constant: Constant) => programKey(['x'], new Map([['x', { ...constant, constant }]]));
  const known = (...data: number[]) => key({ type: 'float32', dims: [data.length], data: Float32Array.from(data) });
  const keys = [known(0), known(-0), known(1), known(1, 0), known(), known(NaN)];
  expect(new Set(keys).size).toBe(keys.length);
  expect(known(0, NaN)).toBe(known(0, NaN));
});
