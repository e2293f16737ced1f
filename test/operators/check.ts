import { InferenceSession } from '../../src/engine/session';
import type { Constant } from '../../src/onnx/value';
import { operatorOf } from '../../src/operators';
import { isFloat, numbersOf } from '../../src/operators/elements';
import { OperatorCall } from '../../src/operators/operator';
import { titleOf, type Case } from './case';
import { expectedOf, feedsOf, modelOf, nodeOf, toConstant } from './oracle';

/** Tests inference, folding and running of every case against onnxruntime-node. */
export function checkCases(cases: readonly Case[]): void {
  const titled = cases.map((tested, index) => ({ title: `${index}: ${titleOf(tested)}`, tested }));
  test.each(titled)('$title', async ({ tested }) => {
    const operator = operatorOf(tested.domain ?? '', tested.opType)!;
    const expected = await expectedOf(tested);
    const types = operator.infer(callOf(tested, operator.hosted === true)).slice(0, expected.length);
    expect(types.map(({ type, dims }) => ({ type, dims }))).toEqual(expected.map(({ type, dims }) => ({ type, dims })));
    if (operator.fold && tested.folds !== false) {
      const folded = operator.fold(callOf(tested, true));
      expect(folded).toBeDefined();
      expectClose(folded!.slice(0, expected.length), expected, tested);
    }
    if ((operator.lower ?? operator.hosted) && tested.runs !== false) expectClose(await run(tested), expected, tested);
  });
}

function callOf(tested: Case, allKnown: boolean): OperatorCall {
  return new OperatorCall(
    nodeOf(tested),
    tested.opset,
    tested.inputs.map(
      (input) => input && { type: input.type, dims: input.dims, constant: allKnown || input.known ? input : undefined },
    ),
  );
}

export async function run(tested: Case): Promise<Constant[]> {
  const session = await InferenceSession.create(modelOf(tested), { intraOpNumThreads: 1 });
  try {
    const results = await session.run(feedsOf(tested));
    return session.outputNames.map((name) => toConstant(results[name] as never));
  } finally {
    await session.release();
  }
}

export function expectClose(
  actual: readonly Constant[],
  expected: readonly Constant[],
  { tolerance, steps }: Case,
): void {
  expect(actual.map(({ type, dims }) => ({ type, dims }))).toEqual(expected.map(({ type, dims }) => ({ type, dims })));
  actual.forEach((constant, index) => expectElements(constant, expected[index]!, tolerance, steps));
}

function expectElements(actual: Constant, expected: Constant, tolerance?: number, steps = 0): void {
  if (!isFloat(expected.type) && steps > 0) {
    const [got, wanted] = [numbersOf(actual), numbersOf(expected)];
    const apart = Array.from(wanted).findIndex((value, i) => !(Math.abs(value - got[i]!) <= steps));
    if (apart >= 0) throw new Error(`element ${apart} differs\n got ${preview(got)}\nwant ${preview(wanted)}`);
    return;
  }
  if (!isFloat(expected.type)) {
    expect([...(actual.data as Iterable<unknown>)]).toEqual([...(expected.data as Iterable<unknown>)]);
    return;
  }
  const wanted = numbersOf(expected);
  const got = numbersOf(actual);
  expect(got).toHaveLength(wanted.length);
  const largest = Array.from(wanted).reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    0,
  );
  const allowed = (tolerance ?? (expected.type === 'float16' ? 2e-3 : 1e-5)) * Math.max(largest, 1e-2);
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [got[i]!, wanted[i]!];
    if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    if (!(Math.abs(a - b) <= allowed)) {
      throw new Error(`element ${i} is ${a}, not ${b}\n got ${preview(got)}\nwant ${preview(wanted)}`);
    }
  }
}

function preview(values: ArrayLike<number>): string {
  return Array.from(values).slice(0, 24).join(' ');
}
