import { Children } from './children';
import { convolutionStack } from './models';
import type { Outcome, Plan } from './team-size.child';

const children = new Children();
afterAll(() => children.remove());

const channels = 16;
const model = children.file('stack.onnx', convolutionStack({ channels, layers: 4 }));
const sizes = [8, 128, 8];
const outcomes = (sessionThreads: number, smallTeams: 'on' | 'off') =>
  children.result<Outcome[]>('team-size', { model, channels, sizes, sessionThreads } satisfies Plan, {
    env: { GDWS_SMALL_TEAMS: smallTeams },
  });

test('a program that is soon done runs with one thread, with the results of a session of one', async () => {
  const [two, one, whole] = await Promise.all([outcomes(2, 'on'), outcomes(1, 'on'), outcomes(2, 'off')]);
  expect(two.map(({ threads }) => threads)).toEqual([1, 2, 1]);
  expect(one.map(({ threads }) => threads)).toEqual([1, 1, 1]);
  expect(whole.map(({ threads }) => threads)).toEqual([2, 2, 2]);
  expect(two[0]).toEqual(one[0]);
  expect(two[2]).toEqual(one[0]);
});
