import fs from 'node:fs/promises';
import { Tensor } from 'onnxruntime-common';
import { writeNpy, type SweepReport } from '../../src';
import { program } from '../../src/cli/program';
import { temporaryFolder } from '../onnx/temporary-folder';
import { inProcess } from './in-process';
import { classifier } from './small-classifier';

const folder = temporaryFolder();
const model = folder.file('model.onnx');
const images = folder.file('images.npy');
const page = folder.file('page.html');
const report = folder.file('report.json');
const labelled = ['--data', images, '--labels', folder.file('labels.npy')];

beforeAll(async () => {
  await fs.writeFile(model, classifier());
  const pixels = Float32Array.from({ length: 4 * 3 * 64 }, (_, at) => ((7 * at) % 11) / 11);
  await writeNpy(images, new Tensor('float32', pixels, [4, 3, 8, 8]));
  await writeNpy(folder.file('labels.npy'), new Tensor('int32', new Int32Array(4), [4]));
});

/** Every command, but for --json. */
const commands: Record<string, readonly string[]> = {
  inspect: [
    'inspect',
    model,
    '--html',
    folder.file('drawing.html'),
    '--time',
    '0.01',
    '--threads',
    '1',
    '--shape',
    'x=1x3x8x8',
  ],
  compress: ['compress', model, '-o', folder.file('small.onnx'), '--params', '0.8', '--calib', images],
  run: ['run', model, '--input', images, '--output', folder.file('outputs')],
  bench: ['bench', model, '--time', '0.01', '--threads', '1'],
  evaluate: ['evaluate', model, ...labelled, '--attack', 'fgsm', '--eps', '0.1'],
  alpha: ['alpha', model, ...labelled, '-o', folder.file('alpha.json')],
  sweep: [
    ...['sweep', model, '-o', page, '--report', report, ...labelled],
    ...['--budgets', '0.8', '--time', '0.01', '--run-threads', '1'],
  ],
};

test('every command takes --json, which takes no value, but of evaluate a file', () => {
  const all = program().commands;
  // The command serve ends only when it is told to: serve.test.ts has its document.
  expect(all.map((command) => command.name()).sort()).toEqual([...Object.keys(commands), 'serve'].sort());
  for (const command of all) {
    const json = command.options.find(({ long }) => long === '--json');
    expect(json).toMatchObject({ required: false, optional: command.name() === 'evaluate' });
    expect(json!.description).toMatch(/^print one JSON document/);
  }
});

test.each(Object.keys(commands))('%s --json prints one JSON document to stdout, and nothing else', async (command) => {
  const { code, stdout, stderr } = await inProcess(...commands[command]!, '--json');
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const document: unknown = JSON.parse(stdout);
  expect(typeof document).toBe('object');
  // What is said beside it goes to stderr, a line each.
  expect(stderr).toMatch(/^([^{}]+\n)*$/);
});

test('progress goes to stderr', async () => {
  const { isTTY } = process.stderr;
  process.stderr.isTTY = true;
  // A bar is for work that takes over a second: here one passes in 20 ms.
  const now = performance.now.bind(performance);
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => 50 * now());
  try {
    const { code, stdout, stderr } = await inProcess('bench', model, '--time', '4', '--threads', '1', '--json');
    expect(code).toBe(0);
    expect(stderr).toContain('measuring');
    expect(() => JSON.parse(stdout) as unknown).not.toThrow();
  } finally {
    process.stderr.isTTY = isTTY;
    clock.mockRestore();
  }
});

test('the figures of a sweep are printed, and written where --report says', async () => {
  const { stdout, stderr } = await inProcess(...commands['sweep']!, '--json');
  const printed = JSON.parse(stdout) as SweepReport & { output: string };
  expect(printed).toMatchObject({ output: page, version: 1, model });
  expect(printed.networks.length).toBeGreaterThan(1);
  const written = JSON.parse(await fs.readFile(report, 'utf8')) as SweepReport;
  expect({ output: page, ...written }).toEqual(printed);
  expect(stderr).toContain(`wrote ${report} and ${page}`);
  expect(await fs.readFile(page, 'utf8')).toContain('<html');
});

test('the next option is not taken for a file of --json', async () => {
  const { code } = await inProcess('sweep', model, '--json', '-o', page, ...commands['sweep']!.slice(6));
  expect(code).toBe(0);
});
