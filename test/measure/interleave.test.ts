import { GdwsError } from '../../src/base/errors';
import { measureInterleaved, type Contestant } from '../../src/measure';

/** A clock that only moves when a contestant works. */
class FakeClock {
  now = 0;
  readonly calls: string[] = [];
  readonly read = (): number => this.now;

  /** A contestant whose n-th call takes `milliseconds(n)`. */
  contestant(name: string, milliseconds: number | ((call: number) => number)): Contestant {
    let call = 0;
    return {
      name,
      run: () => {
        this.calls.push(name);
        this.now += typeof milliseconds === 'number' ? milliseconds : milliseconds(call);
        ++call;
      },
    };
  }
}

describe('measureInterleaved', () => {
  test('takes turns, settles before each sample, and leaves warm-up out', async () => {
    const clock = new FakeClock();
    const { rounds, measurements } = await measureInterleaved(
      [
        // The warm-up call takes 100; a settling call, the even ones after it, 50.
        clock.contestant('A', (call) => (call === 0 ? 100 : call % 2 === 1 ? 50 : 3)),
        clock.contestant('B', 6),
      ],
      { clock: clock.read, budget: 0, minRounds: 3 },
    );
    expect(clock.calls.join('')).toBe('AB' + 'AABB'.repeat(3));
    expect(rounds).toBe(3);
    expect(measurements.map(({ name, samples }) => [name, samples])).toEqual([
      ['A', [3, 3, 3]],
      ['B', [6, 6, 6]],
    ]);
  });

  test('rests before each sample, outside of its time', async () => {
    const clock = new FakeClock();
    const { measurements } = await measureInterleaved([clock.contestant('A', 2), clock.contestant('B', 3)], {
      clock: clock.read,
      budget: 0,
      minRounds: 2,
      rest: async () => {
        await Promise.resolve();
        clock.calls.push('-');
        clock.now += 100;
      },
    });
    expect(clock.calls.join('')).toBe('AB' + '-AA-BB'.repeat(2));
    expect(measurements.map(({ samples }) => samples)).toEqual([
      [2, 2],
      [3, 3],
    ]);
  });

  test('a fast contestant is called often enough for the sample to last', async () => {
    const clock = new FakeClock();
    const { measurements } = await measureInterleaved(
      [clock.contestant('fast', 0.25), clock.contestant('slow', 10), clock.contestant('nothing', 0)],
      { clock: clock.read, budget: 0, minRounds: 2, minSample: 3, settlingCalls: 0 },
    );
    expect(measurements.map(({ callsPerSample }) => callsPerSample)).toEqual([12, 1, 10_000]);
    expect(measurements.map(({ time }) => time.median)).toEqual([0.25, 10, 0]);
  });

  test('rounds go on to the budget and not beyond it', async () => {
    const clock = new FakeClock();
    const { rounds } = await measureInterleaved([clock.contestant('A', 2), clock.contestant('B', 3)], {
      clock: clock.read,
      budget: 104,
      settlingCalls: 1,
    });
    expect(rounds).toBe(10);
    expect(clock.now).toBe(5 + 10 * 10);
  });

  test('at most maxRounds, at least minRounds', async () => {
    const clock = new FakeClock();
    const few = await measureInterleaved([clock.contestant('A', 1)], { clock: clock.read, budget: 1e6, maxRounds: 7 });
    expect(few.rounds).toBe(7);
    const slow = await measureInterleaved([clock.contestant('A', 1e4)], { clock: clock.read, budget: 1, minRounds: 4 });
    expect(slow.rounds).toBe(4);
  });

  test('ratios come from rounds in pairs', async () => {
    const clock = new FakeClock();
    const load = [1, 4, 1, 9, 1];
    const comparison = await measureInterleaved(
      [
        clock.contestant('A', (call) => 2 * (load[call - 1] ?? 1)),
        clock.contestant('B', (call) => 8 * (load[call - 1] ?? 1)),
      ],
      { clock: clock.read, budget: 0, minRounds: 5, settlingCalls: 0 },
    );
    expect(comparison.ratio('A', 'B').ofPairs).toMatchObject({ minimum: 0.25, maximum: 0.25 });
    expect(comparison.ratio('B', 'A').ofMedians).toBe(4);
    expect(() => comparison.ratio('A', 'C')).toThrow(GdwsError);
  });

  test('promises are awaited within the time, and their failures come out', async () => {
    const clock = new FakeClock();
    const later: Contestant = {
      name: 'later',
      run: async () => {
        await Promise.resolve();
        clock.now += 5;
      },
    };
    const { measurements } = await measureInterleaved([later], { clock: clock.read, budget: 0, minRounds: 2 });
    expect(measurements[0]!.samples).toEqual([5, 5]);
    const failing: Contestant = { name: 'failing', run: () => Promise.reject(new Error('it broke')) };
    await expect(measureInterleaved([failing])).rejects.toThrow('it broke');
  });

  test('stops where the signal fires', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const contestant = clock.contestant('A', 1);
    const stopping: Contestant = {
      name: 'A',
      run: () => {
        contestant.run();
        if (clock.calls.length === 4) controller.abort();
      },
    };
    await expect(
      measureInterleaved([stopping], { clock: clock.read, budget: 1e6, signal: controller.signal }),
    ).rejects.toMatchObject({ name: 'GdwsError', code: 'ABORTED' });
    expect(clock.calls).toHaveLength(4);
  });

  test('progress rises to 1', async () => {
    const clock = new FakeClock();
    const progress: number[] = [];
    await measureInterleaved([clock.contestant('A', 1)], {
      clock: clock.read,
      budget: 20,
      onProgress: (done) => progress.push(done),
    });
    expect(progress.at(-1)).toBe(1);
    expect([...progress].sort((a, b) => a - b)).toEqual(progress);
    expect(progress[0]).toBeLessThan(0.2);
  });

  test.each([
    ['no contestant', [], {}],
    ['two of one name', ['A', 'A'], {}],
    ['a negative budget', ['A'], { budget: -1 }],
    ['a budget that is no number', ['A'], { budget: NaN }],
    ['more rounds at least than at most', ['A'], { minRounds: 9, maxRounds: 3 }],
    ['no round', ['A'], { minRounds: 0, maxRounds: 0 }],
  ])('refuses %s', async (_, names, options) => {
    const contestants = names.map((name) => ({ name, run: () => undefined }));
    await expect(measureInterleaved(contestants, options)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});
