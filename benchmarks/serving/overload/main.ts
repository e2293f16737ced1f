import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Table from 'cli-table3';
import { Command } from 'commander';
import { describeMachine } from '../../machine';
import { parseCount, parseSeconds } from '../../options';
import { machineLines, plain } from '../../report';
import { startServer } from '../start-server';
import { numberedModel } from './model';
import { Requests, type Ended, type Outcome } from './requests';

interface Options {
  readonly minutes: number;
  readonly factor: number;
  readonly deadline: number;
  readonly maxBatch: number;
}

/** By how much the resident memory of the server may grow: caches of V8 and of the C library. */
const mostGrowth = 64 * 2 ** 20;

const command = new Command('npm run bench:overload --')
  .description(
    'Offers a server more requests than it can answer, over HTTP, at a rate that does not depend on its answers. Ends with exit code 1 ' +
      'where an answer is lost, is that of another request or is none that an overloaded server may give, or where the memory of the server grows.',
  )
  .option('--minutes <minutes>', 'how long', parseSeconds, 10)
  .option('--factor <times>', 'of what it can answer', parseSeconds, 2)
  .option('--deadline <milliseconds>', 'until the run of a request must have begun', parseCount, 300)
  .option('--max-batch <rows>', 'rows of a run', parseCount, 16);

interface Started {
  readonly address: string;
  /** Bytes of resident memory. */
  residentBytes(): number;
  end(): Promise<void>;
}

async function start(model: string, { maxBatch }: Options): Promise<Started> {
  const { address, process: child, exited } = await startServer('gdws', model, maxBatch, 1);
  return {
    address,
    residentBytes: () => {
      const status = fs.readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return 1024 * Number(/^VmRSS:\s*(\d+)/m.exec(status)![1]);
    },
    end: async () => {
      child.stdin.end();
      const code = await exited;
      if (code !== 0) throw new Error(`the server ended with ${code}`);
    },
  };
}

/** Answers a second, of clients that ask again as soon as they are answered. */
async function capacityOf(requests: Requests, seconds: number): Promise<number> {
  const began = performance.now();
  let answered = 0;
  const client = async () => {
    while (performance.now() - began < 1000 * seconds) {
      const { outcome, why } = await requests.send(undefined);
      if (outcome !== 'answered') throw new Error(`without overload, a request was ${outcome}: ${why}`);
      answered++;
    }
  };
  await Promise.all(Array.from({ length: 64 }, client));
  return (1000 * answered) / (performance.now() - began);
}

/** Of all requests that the server has answered, by its own clock: how many there are, and how many took at most so many milliseconds. */
async function answeredBy(address: string, milliseconds: number): Promise<{ count: number; within: number }> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const buckets = [...text.matchAll(/^gdws_request_seconds_bucket\{le="([^"]+)".*\} (\d+)$/gm)].map(
    ([, bound, count]) => [bound === '+Inf' ? Infinity : Number(bound), Number(count)] as const,
  );
  const within = buckets.filter(([bound]) => bound <= milliseconds / 1000).at(-1);
  return { count: buckets.at(-1)?.[1] ?? 0, within: within?.[1] ?? 0 };
}

/** How requests ended. There are millions: only what is shown is kept of each. */
class Tally {
  readonly counts: Record<Outcome, number> = { answered: 0, refused: 0, late: 0, mixed: 0, lost: 0, wrong: 0 };
  /** Milliseconds of those that were answered. */
  readonly times: number[] = [];
  /** Of the first that ended as they must not. */
  readonly reasons: string[] = [];

  add({ outcome, milliseconds, why }: Ended): void {
    this.counts[outcome]++;
    if (outcome === 'answered') this.times.push(milliseconds);
    if (why !== undefined && this.reasons.length < 10) this.reasons.push(why);
  }
}

/** Sends so many a second, whatever is answered, and takes samples of memory. */
async function overload(requests: Requests, server: Started, rate: number, { minutes, deadline }: Options) {
  const tally = new Tally();
  let [sent, ended] = [0, 0];
  const send = () => {
    sent++;
    void requests.send(deadline).then((end) => {
      ended++;
      tally.add(end);
    });
  };
  const resident: number[] = [];
  const began = performance.now();
  const length = 60_000 * minutes;
  // Six samples at least.
  const every = Math.min(10_000, length / 6);
  for (let elapsed = 0; elapsed < length; elapsed = performance.now() - began) {
    while (sent < (rate * elapsed) / 1000) send();
    while (resident.length < Math.floor(elapsed / every)) resident.push(server.residentBytes());
    await wait(2);
  }
  resident.push(server.residentBytes());
  while (ended < sent) await wait(10);
  return { tally, sent, resident, every };
}

const percentile = (sorted: readonly number[], share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
const least = (numbers: readonly number[]) => Math.min(...numbers);

async function main(options: Options): Promise<void> {
  console.log(machineLines(describeMachine()));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-overload-'));
  const model = path.join(folder, 'model.onnx');
  fs.writeFileSync(model, numberedModel());
  const server = await start(model, options);
  const requests = await Requests.make(server.address, model);
  await capacityOf(requests, 2);
  const capacity = await capacityOf(requests, 5);
  const rate = options.factor * capacity;
  const before = await answeredBy(server.address, options.deadline);
  const { tally, sent, resident, every } = await overload(requests, server, rate, options);
  const after = await answeredBy(server.address, options.deadline);
  requests.close();
  await server.end();
  fs.rmSync(folder, { recursive: true });

  const { counts, reasons } = tally;
  const times = tally.times.sort((a, b) => a - b);
  // The second minute, when caches are full, and the last; of short runs, quarters.
  const part = Math.max(1, Math.min(Math.round(60_000 / every), Math.floor(resident.length / 4)));
  const [early, late] = [least(resident.slice(part, 2 * part)), least(resident.slice(-part))];
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const perSecond = (number: number) => `${(number / (60 * options.minutes)).toFixed(0)} a second`;
  const share = (number: number) => `${number} (${((100 * number) / sent).toFixed(1)} %)`;
  const table = new Table({ ...plain, colAligns: ['left', 'right'] });
  table.push(
    ['capacity', `${capacity.toFixed(0)} a second`],
    ['offered', `${sent}, ${perSecond(sent)}`],
    ['answered', `${share(counts.answered)}, ${perSecond(counts.answered)}`],
    ['refused at once (503, Retry-After)', share(counts.refused)],
    ['dropped, too late (504)', share(counts.late)],
    ['answers of others', counts.mixed],
    ['lost', counts.lost],
    ['other answers', counts.wrong],
    [
      `p50 of the answered, by the client; the deadline is ${options.deadline} ms`,
      `${percentile(times, 0.5).toFixed(0)} ms`,
    ],
    [
      `of the answered, within ${options.deadline} ms by the clock of the server`,
      `${((100 * (after.within - before.within)) / (after.count - before.count)).toFixed(2)} %`,
    ],
    ['p99, by the client, on the same processors', `${percentile(times, 0.99).toFixed(0)} ms`],
    [`resident memory of the server, ${(every * part) / 1000} s after the first as long`, megabytes(early)],
    ['… in the last as long', megabytes(late)],
  );
  console.log(table.toString());
  for (const reason of reasons) console.error(reason);
  const grew = late - early > mostGrowth;
  if (grew) console.error(`memory grew by ${megabytes(late - early)}`);
  if (grew || counts.mixed + counts.lost + counts.wrong > 0 || counts.answered === 0) process.exitCode = 1;
}

command.action((options: Options) => main(options)).parse();
