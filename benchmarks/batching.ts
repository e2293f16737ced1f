import Table from 'cli-table3';
import { Command } from 'commander';
import { batched } from '../src/batching/batched';
import type { Batched } from '../src/batching/batched-model';
import { InferenceSession } from '../src/engine/session';
import { measureInterleaved } from '../src/measure';
import { seededFeeds } from './feeds';
import { describeMachine } from './machine';
import { parseCount, parseSeconds } from './options';
import { machineLines, plain } from './report';

interface Options {
  readonly clients: number;
  readonly maxBatch: number;
  readonly maxDelay: number;
  readonly threads: number;
  readonly free: number;
  readonly budget: number;
}

const command: Command = new Command('npm run bench:batching --')
  .description(
    'What gathering costs a single client, and gains for many: requests, runs of one row, and runs of whole batches in turn. ' +
      'Each client asks again as soon as it is answered.',
  )
  .argument('<model>', 'an ONNX file whose leading dims are open')
  .option('--clients <count>', 'clients at once', parseCount, 64)
  .option('--max-batch <rows>', 'rows of a run', parseCount, 16)
  .option('--max-delay <milliseconds>', 'as batched takes it', Number, 1)
  .option('--threads <count>', 'threads of a run', parseCount, 1)
  .option('--free <size>', 'of dims that the model leaves open', parseCount, 224)
  .option('--budget <seconds>', 'time for each comparison', parseSeconds, 20);

async function main(file: string, options: Options): Promise<void> {
  console.log(machineLines(describeMachine()));
  const session = await InferenceSession.create(file, { intraOpNumThreads: options.threads });
  const feeds = seededFeeds(session, { batch: 1, free: options.free });
  const shapes = [Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims]))];
  const { maxBatch, maxDelay } = options;
  await using model = await batched(session, { maxBatch, maxDelay, maxQueue: options.clients, shapes });
  if (model.maxBatch === 1)
    console.log('the rows of this model depend on each other, or are fixed: each request runs alone');
  await oneClient(session, model, options);
  await manyClients(session, model, options);
}

async function oneClient(session: InferenceSession, model: Batched, { free, budget }: Options): Promise<void> {
  const feeds = seededFeeds(session, { batch: 1, free });
  const { measurements } = await measureInterleaved(
    [
      { name: 'session.run', run: () => session.run(feeds) },
      { name: 'request', run: () => model.request(feeds) },
    ],
    { budget: 1000 * budget },
  );
  const [run, request] = measurements.map(({ time }) => time.median) as [number, number];
  const pairs = measurements[1]!.samples.map((sample, round) => sample - measurements[0]!.samples[round]!);
  const difference = pairs.sort((one, other) => one - other)[pairs.length >> 1]!;
  console.log(
    `one client, medians: session.run ${run.toFixed(3)} ms, request ${request.toFixed(3)} ms, ` +
      `between both of a round ${difference.toFixed(4)} ms`,
  );
}

async function manyClients(session: InferenceSession, model: Batched, options: Options): Promise<void> {
  const { clients, maxBatch, free, budget } = options;
  const [one, full] = [1, model.maxBatch].map((batch) => seededFeeds(session, { batch, free }));
  const before = totalRuns(model);
  const rounds = 4;
  const comparison = await measureInterleaved(
    [
      {
        name: `${clients} clients, gathered`,
        run: () => all(clients, async () => void (await model.request(one!)), rounds),
      },
      {
        name: `${clients} clients, session.run`,
        run: () => all(clients, async () => void (await session.run(one!)), rounds),
      },
      {
        name: `runs of ${model.maxBatch} rows, one after the other`,
        run: async () => {
          for (let rows = 0; rows < rounds * clients; rows += model.maxBatch) await session.run(full!);
        },
      },
    ],
    { budget: 1000 * budget, settlingCalls: 0 },
  );
  const { measurements } = comparison;
  const gathered = measurements[0]!.name;
  const table = new Table({ head: ['', 'rows a second', 'as fast'], colAligns: ['left', 'right', 'right'], ...plain });
  for (const { name, time } of measurements) {
    const wholeRows = Math.ceil((rounds * clients) / model.maxBatch) * model.maxBatch;
    const rows = name.startsWith('runs') ? wholeRows : rounds * clients;
    table.push([
      name,
      ((1000 * rows) / time.median).toFixed(0),
      `${((comparison.ratio(gathered, name).ofPairs.median * rows) / (rounds * clients)).toFixed(2)}×`,
    ]);
  }
  console.log(table.toString());
  const runs = [...totalRuns(model)].map(([rows, count]) => [rows, count - (before.get(rows) ?? 0)] as const);
  const sizes = runs.filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  console.log(`runs by rows, of ${maxBatch} at most: ${sizes.map(([rows, count]) => `${rows}: ${count}`).join(', ')}`);
}

const totalRuns = (model: Batched) => new Map([...model.statistics().runs].map(([rows, { count }]) => [rows, count]));

async function all(clients: number, ask: () => Promise<void>, rounds: number): Promise<void> {
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let round = 0; round < rounds; round++) await ask();
    }),
  );
}

command.parse(process.argv);
main(command.args[0]!, command.opts<Options>()).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
