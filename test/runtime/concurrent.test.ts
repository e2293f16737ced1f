import fs from 'node:fs';
import { concurrency, counters } from '../../src/addon/introspection';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { convolutionStack, numbers } from './models';

const channels = 8;
const stack = convolutionStack({ channels, layers: 3 });

/** Feeds of a kind each, so that results cannot be taken for one another. */
function feeds(kind: number): { x: Tensor } {
  const dims = [1 + (kind % 3), channels, 9 + (kind % 5), 11];
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { x: new Tensor('float32', numbers(count, kind + 1), dims) };
}

const bytesOf = ({ y }: Awaited<ReturnType<InferenceSession['run']>>) => Buffer.from((y!.data as Float32Array).buffer);

/** Threads of this process. */
function threadsNow(): number {
  return fs.readdirSync('/proc/self/task').length;
}

/** Runs each of many feeds at once, and compares with what runs alone give. */
async function expectOwnResults(sessions: readonly InferenceSession[], runs: number): Promise<number> {
  const expected = Array.from({ length: 20 }, (_, kind) => bytesOf(sessions[0]!.runSync(feeds(kind))));
  let mostThreads = 0;
  const begun = Array.from({ length: runs }, async (_, run) => {
    const kind = run % expected.length;
    const results = await sessions[run % sessions.length]!.run(feeds(kind));
    if (process.platform === 'linux') mostThreads = Math.max(mostThreads, threadsNow());
    expect(bytesOf(results).equals(expected[kind]!)).toBe(true);
  });
  await Promise.all(begun);
  return mostThreads;
}

test.each([1, 2])(
  '500 runs at once of one session with %i threads get their own results',
  async (intraOpNumThreads) => {
    const session = await InferenceSession.create(stack, { intraOpNumThreads });
    const before = counters().runs;
    await expectOwnResults([session], 500);
    // What runSync gave to compare with is counted too.
    expect(counters().runs - before).toBe(520);
    await session.release();
  },
);

test('runs at once of many sessions get their own results, on a bounded number of threads', async () => {
  const sessions = await Promise.all(
    Array.from({ length: 40 }, (_, i) => InferenceSession.create(stack, { intraOpNumThreads: 1 + (i % 4) })),
  );
  // Numbers of threads give different sums; each session is compared with its like.
  const alike = [0, 1, 2, 3].map((kind) => sessions.filter((_, i) => i % 4 === kind));
  const before = process.platform === 'linux' ? threadsNow() : 0;
  const most = Math.max(...(await Promise.all(alike.map((group) => expectOwnResults(group, 150)))));
  // A worker for each processor, each with at most a team of the size of the largest that was asked for.
  if (process.platform === 'linux') expect(most - before).toBeLessThanOrEqual(concurrency().threads * 4);
  await Promise.all(sessions.map((session) => session.release()));
});
