import fs from 'node:fs';
import path from 'node:path';
import { bundled, cli, gdws } from '../cli/command';
import { timeless } from '../cli/timeless';
import { temporaryFolder } from '../onnx/temporary-folder';
import { slurmIsMissing, SlurmCluster, until } from './slurm-cluster';

const folder = temporaryFolder();
const submit = path.join(__dirname, '../../examples/cluster/slurm/submit.sh');
const data = path.join(path.dirname(bundled), 'mnist-test-images-idx3-ubyte');
/** 96 images in 3 shards of 4 groups of 8. */
const evaluation = [
  ...[bundled, '--data', data, '--count', '96', '--batch', '1'],
  ...['--attack', 'pgd', '--eps', '0.3', '--steps', '10', '--restarts', '2'],
];

if (slurmIsMissing) console.warn(`The examples for Slurm are not run: ${slurmIsMissing}.`);

(slurmIsMissing ? describe.skip : describe)('an array in Slurm', () => {
  let cluster: SlurmCluster;
  let whole: string;
  beforeAll(async () => {
    const { stdout } = await gdws(['evaluate', ...evaluation, '--threads', '1', '--json'], { cwd: folder.path });
    whole = timeless(stdout);
    cluster = await SlurmCluster.started();
  }, 200_000);
  afterAll(() => cluster.stop(), 200_000);

  const result = (run: string, name: string) => folder.file(run, name);
  const part = (run: string, shard: number) => result(run, `part-${shard}-of-3.json`);
  const textOf = (file: string) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');

  /** Submits the evaluation by the script; the number of the array's job. */
  function submitted(run: string): string {
    fs.mkdirSync(folder.file(run), { recursive: true });
    Object.assign(cluster.environment, {
      GDWS: [process.execPath, ...cli].join(' '),
      SBATCH_OPTIONS: `--cpus-per-task=1 --output=${folder.file(run)}/%A-%a.log`,
    });
    const said = cluster.run('env', '-C', folder.file(run), submit, '3', folder.file(run), ...evaluation);
    return /^evaluation: job (\d+), merge: job \d+;/.exec(said)![1]!;
  }

  const hasFinishedGroup = (run: string, shard: number) => () =>
    textOf(`${part(run, shard)}.progress`).split('\n').length > 2;

  test('a task that is killed and requeued goes on, and the merge waits for it', async () => {
    const job = submitted('requeued');
    await until('a group of the second shard', hasFinishedGroup('requeued', 2));
    cluster.run('scontrol', 'requeue', `${job}_2`);
    await cluster.drained();
    expect(textOf(result('requeued', `${job}-2.log`))).toMatch(/goes on after \d+ of 32 images/);
    expect(timeless(textOf(result('requeued', 'whole.json')))).toBe(whole);
  }, 200_000);

  test('after a task that failed nothing is merged, and what is submitted again runs the rest', async () => {
    const job = submitted('failed');
    await until('a group of the first shard', hasFinishedGroup('failed', 1));
    cluster.run('scancel', '--batch', '--signal=KILL', `${job}_1`);
    await cluster.drained();
    expect(fs.existsSync(result('failed', 'whole.json'))).toBe(false);
    expect([1, 2, 3].map((shard) => fs.existsSync(part('failed', shard)))).toEqual([false, true, true]);
    const again = submitted('failed');
    await cluster.drained();
    expect(textOf(result('failed', `${again}-1.log`))).toMatch(/goes on after \d+ of 32 images/);
    for (const shard of [2, 3]) expect(textOf(result('failed', `${again}-${shard}.log`))).toContain('is finished');
    expect(timeless(textOf(result('failed', 'whole.json')))).toBe(whole);
  }, 200_000);
});
