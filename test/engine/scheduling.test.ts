import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InferenceSession as Common } from 'onnxruntime-common';
import { concurrency, counters } from '../../src/addon/introspection';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { convolutionModel } from './convolution-model';

const x = new Tensor(
  'float32',
  Float32Array.from({ length: 4 * 64 * 64 }, (_, i) => Math.sin(i)),
  [1, 4, 64, 64],
);
const sessionOf = (threads: number) => InferenceSession.create(convolutionModel(4), { intraOpNumThreads: threads });
const bytesOf = ({ y }: Common.ReturnType) => Buffer.from((y!.data as Float32Array).buffer);

/** The processors that the JavaScript thread may use; undefined where the system does not tell. */
function allowed(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  return /^Cpus_allowed_list:\s*(.*)$/m.exec(fs.readFileSync('/proc/thread-self/status', 'utf8'))?.[1];
}
const allowedAtFirst = allowed();

async function expectNothingInUse() {
  // A promise is fulfilled just before its worker gives its processors back.
  for (let wait = 0; wait < 100 && counters().threadsInUse > 0; ++wait) await sleep(10);
  expect(counters()).toMatchObject({ threadsInUse: 0, queued: 0 });
}

describe('the scheduler', () => {
  test('runs runSync beside runs that go on, and gives every processor back', async () => {
    const { threads } = concurrency();
    const sessions = await Promise.all([1, 1, threads, threads + 1].map(sessionOf));
    const wanted = sessions.map((session) => bytesOf(session.runSync({ x })));
    const before = counters().runs;
    for (let round = 0; round < 25; ++round) {
      const begun = sessions.map((session) => session.run({ x }));
      sessions.forEach((session, i) => expect(bytesOf(session.runSync({ x })).equals(wanted[i]!)).toBe(true));
      (await Promise.all(begun)).forEach((results, i) => expect(bytesOf(results).equals(wanted[i]!)).toBe(true));
    }
    expect(counters().runs - before).toBe(25 * 2 * sessions.length);
    await expectNothingInUse();
  });

  test('gives its processor back after a runSync alone', async () => {
    const session = await sessionOf(1);
    session.runSync({ x });
    expect(counters().threadsInUse).toBe(0);
  });

  (allowedAtFirst === undefined ? test.skip : test)('leaves the JavaScript thread where it may go', async () => {
    for (const threads of [1, concurrency().threads, concurrency().threads + 1]) {
      const session = await sessionOf(threads);
      await session.run({ x });
      expect(allowed()).toBe(allowedAtFirst);
      session.runSync({ x });
      expect(allowed()).toBe(allowedAtFirst);
    }
  });
});
