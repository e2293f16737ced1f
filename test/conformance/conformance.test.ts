import fs from 'node:fs';
import { GdwsError } from '../../src/base/errors';
import { Tensor } from '../../src/engine/session';
import { constantOf } from '../../src/operators/elements';
import { DifferentResult, expectClose, missingOperators, runTest, suiteFolder, testsOfSuite } from './backend-suite';
import { exclusions, unsupportedOperators } from './exclusions';

const isInstalled = fs.existsSync(suiteFolder);
const tests = isInstalled ? testsOfSuite() : [];
const excluded = new Map(exclusions.flatMap(({ outcome, tests: names }) => names.map((name) => [name, outcome])));

/** What a test ends with, where it does not pass. */
async function failureOf(name: string): Promise<unknown> {
  try {
    await runTest(name);
  } catch (error) {
    return error;
  }
  return undefined;
}

function expectRefusal(failure: unknown): void {
  expect(failure).toBeInstanceOf(GdwsError);
  expect((failure as GdwsError).code).not.toBe('INTERNAL');
}

test.each([
  ['float32', 1, 1.0005, true],
  ['float32', 1, 1.002, false],
  ['float32', Infinity, Infinity, true],
  ['float32', Infinity, 1, false],
  ['float32', -Infinity, Infinity, false],
  ['float32', NaN, NaN, true],
  ['float32', NaN, 0, false],
  ['float32', 0, NaN, false],
  ['float16', 1, 1, true],
  ['float16', 1, 1.0098, false],
  ['int64', 1000, 1001, false],
] as const)('%s: where %d is expected, %d passes: %s', (type, expected, found, passes) => {
  const { data } = constantOf(type, [1], [found]);
  const compare = () => {
    expectClose(new Tensor(type, data, [1]), constantOf(type, [1], [expected]), 'y');
  };
  if (passes) expect(compare).not.toThrow();
  else expect(compare).toThrow(DifferentResult);
});

if (!isInstalled) {
  test.skip(`the ONNX backend test suite is not installed: Debian's package libonnx-testdata puts it in ${suiteFolder}`, () =>
    undefined);
} else {
  test('the list of exclusions names tests and operators of the suite', () => {
    const missing = new Set(tests.flatMap(missingOperators));
    expect([...missing].sort()).toEqual([...unsupportedOperators].sort());
    expect([...excluded.keys()].filter((name) => !tests.includes(name))).toEqual([]);
    expect(tests.length).toBeGreaterThan(1000);
  });

  test.each(tests)('%s', async (name) => {
    const failure = await failureOf(name);
    const outcome = missingOperators(name).length > 0 ? 'refused' : excluded.get(name);
    if (outcome === undefined) {
      if (failure !== undefined) throw failure as Error;
    } else if (outcome === 'refused') {
      expectRefusal(failure);
    } else {
      expect(failure).toBeInstanceOf(DifferentResult);
    }
  });
}
