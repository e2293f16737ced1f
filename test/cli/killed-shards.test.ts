import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { temporaryFolder } from '../onnx/temporary-folder';
import { Random } from '../operators/random';
import { bundled, gdws, startGdws } from './command';
import { ended } from './ended';
import { timeless } from './timeless';

const folder = temporaryFolder();
const place = { cwd: folder.path };
/** 12 groups of 8 images. */
const options = [
  ...['evaluate', bundled, '--data', path.join(path.dirname(bundled), 'mnist-test-images-idx3-ubyte')],
  ...[
    '--count',
    '96',
    '--batch',
    '1',
    '--threads',
    '1',
    '--attack',
    'pgd',
    '--eps',
    '0.3',
    '--steps',
    '10',
    '--restarts',
    '2',
  ],
];
const shard = [...options, '--shard', '1/1', '--json', 'part.json'];
const progress = folder.file('part.json.progress');

/** Whole records in the file of progress. */
function recordsOf(): number {
  if (!fs.existsSync(progress)) return 0;
  return Math.max(0, fs.readFileSync(progress, 'utf8').split('\n').length - 2);
}

test('a shard that is killed at any moments goes on after its last group, and has the figures of one run', async () => {
  const random = new Random(Date.now());
  const whole = await gdws([...options, '--json'], place);
  const kept: number[] = [];
  while (kept.length < 6 && !fs.existsSync(folder.file('part.json'))) {
    const child = startGdws(shard, place);
    const end = ended(child);
    const before = recordsOf();
    // Half of the kills come soon after a further group, in the middle of the work whatever the machine's speed.
    if (random.next() < 0.5) await setTimeout(random.integer(1, 1500));
    else while (child.exitCode === null && recordsOf() === before) await setTimeout(1 + 9 * random.next());
    child.kill('SIGKILL');
    await end;
    expect(recordsOf()).toBeGreaterThanOrEqual(fs.existsSync(folder.file('part.json')) ? 0 : before);
    kept.push(recordsOf());
  }
  const last = await gdws(shard, place);
  expect(last).toMatchObject({ code: 0, stdout: '' });
  expect(last.stderr).toContain('images 1 to 96 of 96');
  if (kept.at(-1)! > 0) expect(last.stderr).toContain(`goes on after ${8 * kept.at(-1)!} of 96 images`);
  expect(Math.max(...kept)).toBeGreaterThan(0);
  expect(fs.readdirSync(folder.path).filter((name) => !name.startsWith('.'))).toEqual(['part.json']);
  const merged = await gdws(['evaluate', '--merge', 'part.json', '--json'], place);
  expect(timeless(merged.stdout)).toBe(timeless(whole.stdout));
}, 300_000);
