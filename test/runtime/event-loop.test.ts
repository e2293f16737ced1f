import type { Plan, Stalls } from './event-loop.child';
import { Children } from './children';
import { convolutionStack } from './models';

const children = new Children();
afterAll(() => children.remove());

const channels = 256;
const model = children.file('stack.onnx', convolutionStack({ channels, layers: 10 }));

/** What docs/guarantees.md promises, in milliseconds. */
const most = 20;
const tries = 5;

test('the event loop is free while a session is made, compiled and run', async () => {
  const plan: Plan = { model, channels, size: 28, milliseconds: 1000 };
  const best: Partial<Record<keyof Stalls, number>> = {};
  // Another process may take the processor at any time, so that the best of several tries counts.
  for (let attempt = 0; attempt < tries; attempt++) {
    const stalls = await children.result<Stalls>('event-loop', plan);
    for (const name of ['idle', 'made', 'bytes', 'run'] as const) {
      best[name] = Math.min(best[name] ?? Infinity, stalls[name]);
    }
    if (Math.max(best.made!, best.bytes!, best.run!) < most) break;
  }
  // Where not even an idle loop turns in time, nothing can be said.
  if (best.idle! > most / 4) return console.log(`Not measured: an idle event loop stalls for ${best.idle} ms here.`);
  expect(best.run).toBeLessThan(most);
  expect(best.made).toBeLessThan(most);
  expect(best.bytes).toBeLessThan(most);
});
