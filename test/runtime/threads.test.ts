import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Children, isLinux } from './children';
import { convolutionStack } from './models';
import type { Outcome, Plan } from './threads.child';

const children = new Children();
afterAll(() => children.remove());
const model = children.file('small.onnx', convolutionStack({ channels: 8, layers: 2 }));
const preloaded = children.file('refuse_threads.so');
// A sanitizer must be loaded first, and watches threads itself.
const canRefuse =
  isLinux &&
  !process.env.GDWS_SANITIZER &&
  spawnSync('c++', ['-shared', '-fPIC', '-o', preloaded, path.join(__dirname, 'refuse_threads.cpp'), '-ldl']).status ===
    0;

(canRefuse ? describe : describe.skip)('where the system refuses threads', () => {
  const outcomeOf = (warm: boolean) => {
    const refusal = children.file(`refused-${warm}`);
    const plan: Plan = { model, refusal, warm };
    return children.result<Outcome>('threads', plan, {
      // By a path of the working folder: a space would end it.
      env: { LD_PRELOAD: `./${path.basename(preloaded)}`, GDWS_REFUSE_THREADS: refusal },
    });
  };

  test('a process that has run nothing yet is told so, and runs once they are granted', async () => {
    const { refused, granted } = await outcomeOf(false);
    expect(refused).toEqual(['OUT_OF_MEMORY', 'OUT_OF_MEMORY']);
    expect(granted[0]).toEqual(expect.any(Number));
    expect(granted[1]).toBeCloseTo(granted[0] as number, 5);
  });

  test('runs of one thread go on, those of more are told so until they are granted', async () => {
    const { refused, granted } = await outcomeOf(true);
    expect(refused).toEqual([granted[0], 'OUT_OF_MEMORY']);
    expect(granted[1]).toBeCloseTo(granted[0] as number, 5);
  });
});
