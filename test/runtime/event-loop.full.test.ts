import { patience } from '../patience';
import { Children } from './children';
import type { Plan, Stalls } from './event-loop.child';
import { convolutionStack } from './models';

const children = new Children();
afterAll(() => children.remove());

const channels = 256;
const model = children.file('stack.onnx', convolutionStack({ channels, layers: 10 }));
const deep = children.file('deep.onnx', convolutionStack({ channels, layers: 60, shared: true }));
const warmUp = children.file('small.onnx', convolutionStack({ channels: 1, layers: 1 }));

/** What docs/guarantees.md promises, in milliseconds. */
const most = 20 * patience;
const tries = 6;

test(
  'the event loop is free while a session is made, compiled and run',
  async () => {
    const plan: Plan = { model, deep, warmUp, channels, size: 28, milliseconds: 1000 };
    const best = { made: Infinity, bytes: Infinity, run: Infinity };
    for (let attempt = 0; attempt < tries; attempt++) {
      const stalls = await children.result<Stalls>('event-loop', plan);
      // Too short an inference says nothing.
      if (stalls.milliseconds < plan.milliseconds) continue;
      for (const name of ['made', 'bytes', 'run'] as const) best[name] = Math.min(best[name], stalls[name]);
      if (Math.max(best.made, best.bytes, best.run) < most) return;
    }
    expect(best.run).toBeLessThan(most);
    expect(best.made).toBeLessThan(most);
    expect(best.bytes).toBeLessThan(most);
  },
  120_000 * patience,
);
