import { Children, isLinux, memoryIsKept } from './children';
import type { Plan as CompilingPlan } from './compiling-workers.child';
import { convolutionStack } from './models';
import type { Plan, Round } from './workers.child';

const children = new Children();
afterAll(() => children.remove());
const model = children.file('stack.onnx', convolutionStack({ channels: 16, layers: 8 }));

const [warmUp, rounds] = process.env.GDWS_LONG_TESTS ? [20, 70] : [3, 8];

test('sessions in eight workers that are terminated while they run do not crash and leave nothing behind', async () => {
  const plan: Plan = { model, rounds };
  const held = await children.result<Round[]>('workers', plan, {
    nodeOptions: ['--expose-gc', '--max-semi-space-size=1'],
  });
  expect(held).toHaveLength(rounds);
  if (!isLinux) return;
  const settled = held.slice(warmUp);
  const half = Math.floor(settled.length / 2);
  const least = (some: readonly Round[], of: (one: Round) => number) => Math.min(...some.map(of));
  const growth = (of: (one: Round) => number) => least(settled.slice(half), of) - least(settled.slice(0, half), of);
  // Of eight heaps with their code, what one takes would show within a few rounds.
  if (!memoryIsKept) expect(growth(({ resident }) => resident)).toBeLessThan(24 << 20);
  expect(growth(({ threads }) => threads)).toBeLessThanOrEqual(0);
  expect(growth(({ files }) => files)).toBeLessThanOrEqual(0);
});

test('workers that are terminated while they compile do not take the weights away before that has ended', async () => {
  const plan: CompilingPlan = {
    model: children.file('large.onnx', convolutionStack({ channels: 128, layers: 20, size: 14 })),
    delays: Array.from({ length: 10 }, (_, i) => 50 + 20 * i),
  };
  expect(await children.result<number>('compiling-workers', plan)).toBe(10);
});
