import { untilIdle } from '../../src/measure';

/** A process of which `share(t)` processors are in use at time t. */
function fakeProcess(share: (time: number) => number) {
  const state = { time: 0, used: 0 };
  const processor = {
    used: () => state.used,
    now: () => state.time,
    sleep: (milliseconds: number) => {
      for (let step = 0; step < milliseconds; ++step) {
        state.used += share(state.time);
        ++state.time;
      }
      return Promise.resolve();
    },
  };
  return { state, processor };
}

describe('untilIdle', () => {
  test('is over soon where nothing runs', async () => {
    const { state, processor } = fakeProcess(() => 0.02);
    await untilIdle(1000, processor);
    expect(state.time).toBe(20);
  });

  test('waits for threads that spin', async () => {
    const { state, processor } = fakeProcess((time) => (time < 75 ? 1 : 0));
    await untilIdle(1000, processor);
    expect(state.time).toBe(100);
  });

  test('is not taken in by a short pause', async () => {
    const { state, processor } = fakeProcess((time) => (time < 100 && (time < 30 || time >= 40) ? 0.5 : 0));
    await untilIdle(1000, processor);
    expect(state.time).toBe(120);
  });

  test('loses patience with what does not end', async () => {
    const { state, processor } = fakeProcess(() => 2);
    await untilIdle(300, processor);
    expect(state.time).toBe(300);
  });

  test('looks at this process unless told otherwise', async () => {
    await expect(untilIdle(1)).resolves.toBeUndefined();
  });
});
