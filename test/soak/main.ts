import fs from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { counters } from '../../src/addon/introspection';
import { Random } from '../fuzz/random';
import { activities, type Activity } from './activities';
import { Tally } from './tally';

// npm run soak -- --minutes N --seed S: what users do, mixed at random, with random networks; ends with exit code 1 where anything
// went wrong, or memory, files or threads grew.

// Every program has its memory plan checked.
process.env.GDWS_VERIFY_PLANS ??= 'on';
process.env.GDWS_SMALL_TEAMS ??= 'off';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: `${Date.now() % 2 ** 31}` } },
});
const end = Date.now() + 60_000 * Number(values.minutes);
const seed = Number(values.seed);

/** Activities under way at the same time. */
const lanes = 4;
/** By how much resident memory may grow from one half of the run to the other: caches of V8 and of the C library. */
const mostGrowth = 64 * 2 ** 20;

interface Sample {
  readonly resident: number;
  readonly files: number;
  readonly threads: number;
}

const collect = (globalThis as { gc?: () => void }).gc!;

async function sample(): Promise<Sample> {
  collect();
  await sleep(10);
  collect();
  const threads = /^Threads:\s*(\d+)/m.exec(fs.readFileSync('/proc/self/status', 'utf8'));
  return {
    resident: process.memoryUsage().rss,
    files: fs.readdirSync('/proc/self/fd').length,
    threads: Number(threads?.[1]),
  };
}

function choose(random: Random): readonly [string, number, Activity] {
  let left = random.next() * activities.reduce((sum, [, weight]) => sum + weight, 0);
  return activities.find(([, weight]) => (left -= weight) < 0) ?? activities[0]!;
}

async function lane(number: number, tally: Tally): Promise<void> {
  const random = new Random(seed + number);
  while (Date.now() < end) {
    const [name, , activity] = choose(random);
    try {
      await activity(random, tally);
    } catch (error) {
      tally.fail(name, error);
    }
  }
}

/** Takes samples, pausing nothing, until the end. */
async function watch(samples: Sample[]): Promise<void> {
  while (Date.now() < end) {
    await sleep(Math.min(2000, Math.max(1, end - Date.now())));
    samples.push(await sample());
  }
}

/**
 * The least of the second quarter of a run, when caches are full, and of the last. Workers and processes that happen to be at
 * work have files and threads too, so that only the least is what stays.
 */
function growthOf(samples: readonly Sample[], of: (one: Sample) => number): { from: number; to: number } {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  return {
    from: Math.min(...samples.slice(quarter, 2 * quarter).map(of)),
    to: Math.min(...samples.slice(-quarter).map(of)),
  };
}

async function main(): Promise<void> {
  console.log(`Soaking for ${values.minutes} minutes with seed ${seed}.`);
  const tally = new Tally();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const samples: Sample[] = [];
  await Promise.all([watch(samples), ...Array.from({ length: lanes }, (_, number) => lane(number, tally))]);
  delay.disable();

  const done = new Table({ head: ['done and survived', 'times'], style: { head: [] } });
  for (const row of [...tally.done].sort(([a], [b]) => (a < b ? -1 : 1))) done.push(row);
  console.log(done.toString());

  const resident = growthOf(samples, (one) => one.resident);
  const files = growthOf(samples, (one) => one.files);
  const threads = growthOf(samples, (one) => one.threads);
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const { weightBytes, arenaBytes, runs, queued } = counters();
  const state = new Table({ head: ['least', 'second quarter', 'last quarter'], style: { head: [] } });
  state.push(['resident memory', megabytes(resident.from), megabytes(resident.to)]);
  state.push(['open files', files.from, files.to], ['threads', threads.from, threads.to]);
  console.log(state.toString());
  console.log(
    `${runs} runs. Left at the end: ${queued} queued, weights ${megabytes(weightBytes)}, arenas ${megabytes(arenaBytes)}.`,
  );
  console.log(
    `Event loop, beside the JavaScript that this itself runs: 99 % of delays under ${(delay.percentile(99) / 1e6).toFixed(0)} ms.`,
  );

  if (resident.to > resident.from + mostGrowth)
    tally.fail('memory', `grew by ${megabytes(resident.to - resident.from)}`);
  if (files.to > files.from + 8) tally.fail('files', `grew from ${files.from} to ${files.to}`);
  if (threads.to > threads.from + 8) tally.fail('threads', `grew from ${threads.from} to ${threads.to}`);
  for (const failure of tally.failures.slice(0, 20)) console.error(failure);
  console.log(tally.failures.length === 0 ? 'Nothing went wrong.' : `${tally.failures.length} failures.`);
  if (tally.failures.length > 0) process.exitCode = 1;
}

void main();
