import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { zipSync } from 'fflate';
import { Tensor } from 'onnxruntime-common';
import { formatTime } from '../../src/base/format';
import type { ModelDescription } from '../../src/cli/description';
import type { WithinDrop } from '../../src/compress/drop/compress-within-drop';
import type { CompressionSummary } from '../../src/compress/summary';
import { readNpy, writeNpy } from '../../src/data/npy';
import { readNpz } from '../../src/data/npz';
import type { Drawing } from '../../src/drawing/drawing';
import { InferenceSession } from '../../src/engine/session';
import { parsed } from '../html/parsed';
import { withKnownTimes } from '../latency/known-times';
import * as command from './command';
import { inProcess } from './in-process';
import { classifier } from './small-classifier';

/** A copy of the bundled network in the folder where the commands run. */
const model = 'model.onnx';
const digits = path.join(path.dirname(command.bundled), 'mnist-test-images-idx3-ubyte');
let folder: string;
const gdws = (args: readonly string[], place = {}) => command.gdws(args, { cwd: folder, ...place });
/** As `gdws`, within this process: for what ends before there is much to do. */
const inFolderOfTests = async (args: readonly string[]) => {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await inProcess(...args);
  } finally {
    process.chdir(before);
  }
};
const gdwsInTerminal = (args: readonly string[], environment = {}) =>
  command.gdwsInTerminal(args, { cwd: folder, environment });
const inFolder = (name: string) => path.join(folder, name);
/** What `JSON.parse` returns, which it says is `any`. */
const parse = <Document>(text: string) => JSON.parse(text) as Document;
const escapes = /\x1b/; // eslint-disable-line no-control-regex

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-cli-'));
  const digits = Float32Array.from({ length: 3 * 784 }, (_, index) => (index % 17) / 17);
  await writeNpy(inFolder('one.npy'), new Tensor('float32', digits.slice(0, 784), [1, 28, 28]));
  await writeNpy(inFolder('bytes.npy'), new Tensor('uint8', new Uint8Array(784).fill(1), [1, 1, 28, 28]));
  await writeNpy(inFolder('three.npy'), new Tensor('float32', digits, [3, 1, 28, 28]));
  await writeNpy(inFolder('wide.npy'), new Tensor('float32', new Float32Array(900), [1, 1, 30, 30]));
  await fs.copyFile(command.bundled, inFolder(model));
  await fs.writeFile(inFolder('cut.onnx'), (await fs.readFile(command.bundled)).subarray(0, 5000));
  await fs.writeFile(inFolder('empty.onnx'), '');
  await fs.writeFile(inFolder('cut.npy'), (await fs.readFile(inFolder('one.npy'))).subarray(0, 1000));
});
afterAll(() => fs.rm(folder, { recursive: true }));

describe('gdws', () => {
  test('--help and --version', async () => {
    const help = await gdws(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['inspect', 'compress', 'run', 'bench', 'evaluate', 'alpha'])
      expect(help.stdout).toContain(command);
    const { version } = parse<{ version: string }>(
      await fs.readFile(path.join(__dirname, '../../package.json'), 'utf8'),
    );
    expect(await gdws(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each(['inspect', 'compress', 'run', 'bench', 'evaluate', 'alpha', 'serve'])(
    '%s --help has examples',
    async (command) => {
      const { code, stdout, stderr } = await inFolderOfTests([command, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('--json');
      expect(stdout).toContain(`$ gdws ${command}`);
    },
  );

  test.each([
    [[], 'Usage: gdws'],
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['inspect'], "missing required argument 'model'"],
    [['inspect', model, '--colour'], "unknown option '--colour'"],
    [['inspect', model, 'other.onnx'], 'too many arguments'],
    [['inspect', model, '--shape', '1x3'], 'not of the form'],
    [['compress', model, '--macs', '0.5'], "required option '-o, --output"],
    [['compress', model, '-o', 'x.onnx'], 'give images, --calib or --data'],
    [['compress', model, '-o', 'x.onnx', '--macs', '0.5', '--beta', '1'], 'exactly one of'],
    [['compress', model, '-o', 'x.onnx', '--macs', 'half'], 'is not a number'],
    [['compress', model, '-o', 'x.onnx', '--macs', '0.5', '--latency', '0.5'], 'exactly one of'],
    [['compress', model, '-o', 'x.onnx', '--latency', 'fast'], 'is not a number'],
    [['compress', model, '-o', 'x.onnx', '--fps', '100', '--batch', '0'], 'not a whole number from 1 on'],
    [['compress', model, '-o', 'x.onnx', '--beta', '1', '--remeasure'], '--remeasure belongs to'],
    [['compress', model, '-o', 'x.onnx', '--macs', '0.5', '--calib-count', '9'], '--calib-count belongs to --calib'],
    [['compress', model, '-o', 'x.onnx', '--macs', '0.5', '--robust'], '--robust belongs to --calib'],
    [['compress', model, '-o', 'x.onnx', '--macs', '0.5', '--max-drop', '1%'], 'exactly one'],
    [['compress', model, '-o', 'x.onnx', '--max-drop', '1%'], '--data test_batch.bin'],
    [['compress', model, '-o', 'x.onnx', '--max-drop', '101%', '--data', 'x'], 'not a share'],
    [['compress', model, '-o', 'x.onnx', '--macs', '0.5', '--sure'], '--sure belongs to --max-drop'],
    [
      ['compress', model, '-o', 'x.onnx', '--macs', '0.5', '--calib-attack', 'pgd'],
      '--calib-attack belongs to --calib',
    ],
    [['compress', model, '-o', model, '--macs', '0.5'], 'the output is the model itself'],
    [['run', model], "required option '-i, --input"],
    [['run', model, '--input', 'x.npy', '--threads', '0'], 'not a whole number from 1 on'],
    [['bench'], "missing required argument 'models'"],
    [['bench', model, '--threads', '1,x'], 'not a whole number from 1 on'],
    [['bench', model, model], 'given twice'],
    [['evaluate', model], "required option '-d, --data"],
    [['evaluate', model, '--data', 'x', '--attack', 'none'], 'Allowed choices'],
    [['evaluate', model, '--data', 'x', '--mean', '1,x'], 'is not a number'],
    [['evaluate', model, '--data', 'x', '--mean', '1,,2'], 'is not a number'],
    [['evaluate', model, '--data', digits, '--count', '1', '--attack', 'pgd', '--eps', '7'], 'eps is 7'],
    [['evaluate', model, '--data', digits, '--count', '1', '--attack', 'pgd', '--step-size', '-1'], 'stepSize'],
    [['evaluate', model, '--data', digits, '--count', '1', '--attack', 'msd'], 'three bounds'],
    [['evaluate', model, '--data', digits, '--count', '1', '--std', '0'], 'std is 0'],
    [['sweep', model, '-o', 'x.html'], '--data'],
    [['sweep', model, '--data', digits], '--output'],
    [['sweep', model, '-o', 'x.html', '--data', digits, '--budgets', '0.5,2'], 'not shares'],
    [['sweep', model, '-o', 'x.html', '--data', digits, '--calib-count', '9'], '--calib-count belongs to --calib'],
    [['sweep', model, '-o', model, '--data', digits], 'the output is the model itself'],
    [['sweep', model, '-o', 'x.html', '--report', './x.html', '--data', digits], 'have one name'],
    [['sweep', model, '-o', 'x.html', '--svg', './x.html', '--data', digits], 'have one name'],
    [['sweep', model, '-o', 'x.html', '--svg', model, '--data', digits], 'the output is the model itself'],
    [['sweep', model, '-o', 'x.html', '--within', '2', '--data', digits], '2 percent is 2% or 0.02'],
    [['inspect', model, '--html', model], 'the output is the model itself'],
    [['inspect', model, '--time', '1'], '--time belongs to --html'],
    [['inspect', model, '--threads', '1'], '--threads belongs to --html'],
    [['inspect', model, '--html', 'x.html', '--time', '0'], '--time must be above 0'],
    [['alpha', model, '-o', 'x.json'], "required option '-d, --data"],
    [['alpha', model, '--data', digits], "required option '-o, --output"],
    [['alpha', model, '--data', digits, '-o', 'x.txt'], 'Name it .json or .npz'],
    [['alpha', model, '--data', digits, '--count', '1', '-o', 'x.json', '--eps', '0.3'], 'eps given without an attack'],
    [['alpha', model, '--data', digits, '--count', '1', '-o', 'x.json', '--rivals', '0'], 'whole number from 1 on'],
    [['alpha', model, '--data', digits, '--count', '1', '-o', 'x.json', '--tie-tolerance', '1'], 'tieTolerance is 1'],
    [['alpha', model, '--data', digits, '--count', '1', '-o', 'x.json', '--attack', 'pgd', '--eps', '7'], 'eps is 7'],
    [['alpha', model, '--data', digits, '--count', '1', '-o', model], 'the output is the model itself'],
  ])('wrong usage: %j', async (args, message) => {
    const { code, stdout, stderr } = await inFolderOfTests(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(escapes);
  });

  test.each([
    [['inspect', 'absent.onnx'], 'MODEL_UNREADABLE', 'absent.onnx'],
    [['inspect', 'cut.onnx'], 'MODEL_UNREADABLE', 'cut.onnx'],
    [['inspect', 'empty.onnx'], 'MODEL_UNREADABLE', 'empty.onnx'],
    [['inspect', '.'], 'MODEL_UNREADABLE', ''],
    [['inspect', model, '--shape', 'nothing=1x1'], 'INPUT_UNKNOWN', 'nothing'],
    [['compress', 'absent.onnx', '-o', 'x.onnx', '--macs', '0.5'], 'MODEL_UNREADABLE', 'absent.onnx'],
    [['compress', model, '-o', 'no/such/folder.onnx', '--macs', '0.5'], 'OUTPUT_UNWRITABLE', 'folder.onnx'],
    [['compress', model, '-o', '.', '--macs', '0.5'], 'OUTPUT_UNWRITABLE', 'this is a folder'],
    [['compress', model, '-o', 'x.onnx', '--macs', '3'], 'BUDGET_OUT_OF_RANGE', '3'],
    [['compress', model, '-o', 'x.onnx', '--macs', '0.001'], 'BUDGET_OUT_OF_RANGE', '0.001'],
    [['compress', model, '-o', 'x.onnx', '--latency', '1.5'], 'BUDGET_OUT_OF_RANGE', '1.5'],
    [['compress', model, '-o', 'x.onnx', '--fps', '-1'], 'BUDGET_OUT_OF_RANGE', '-1'],
    [['compress', model, '-o', 'x.onnx', '--beta', '1', '--alpha', 'cut.npy'], 'DATA_UNREADABLE', 'cut.npy'],
    [['compress', model, '-o', 'x.onnx', '--macs', '0.5', '--calib', 'absent.bin'], 'DATA_UNREADABLE', 'absent.bin'],
    [['sweep', model, '-o', 'x.html', '--data', 'absent.bin'], 'DATA_UNREADABLE', 'absent.bin'],
    [['run', model, '--input', 'absent.npy'], 'DATA_UNREADABLE', 'absent.npy'],
    [['run', model, '--input', 'cut.npy'], 'DATA_UNREADABLE', 'cut.npy'],
    [['run', model, '--input', 'wide.npy'], 'SHAPE_MISMATCH', '30'],
    [['run', model, '--input', 'nothing=one.npy'], 'INPUT_UNKNOWN', 'nothing'],
    [['run', 'cut.onnx', '--input', 'one.npy'], 'MODEL_UNREADABLE', 'cut.onnx'],
    [['run', model, '--input', 'one.npy', '--output', 'one.npy/x'], 'OUTPUT_UNWRITABLE', 'one.npy'],
    [['bench', 'cut.onnx'], 'MODEL_UNREADABLE', 'cut.onnx'],
    [['evaluate', model, '--data', 'absent.npz'], 'DATA_UNREADABLE', 'absent.npz'],
    [['alpha', model, '--data', 'absent.npz', '-o', 'x.json'], 'DATA_UNREADABLE', 'absent.npz'],
    [['alpha', 'cut.onnx', '--data', digits, '--count', '1', '-o', 'x.json'], 'MODEL_UNREADABLE', 'cut.onnx'],
    [['alpha', model, '--data', digits, '-o', 'no/such/alpha.json'], 'OUTPUT_UNWRITABLE', 'alpha.json'],
    [['evaluate', 'cut.onnx', '--data', digits, '--count', '1'], 'MODEL_UNREADABLE', 'cut.onnx'],
    [['bench', model, '--shape', 'nothing=1x1'], 'INPUT_UNKNOWN', 'nothing'],
  ])('work that fails: %j', async (args, errorCode, place) => {
    const files = await fs.readdir(folder);
    const { code, stdout, stderr } = await inFolderOfTests(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`error[${errorCode}]: `);
    expect(stderr).toContain(place);
    expect(stderr.match(/\n/g)).toHaveLength(stderr.startsWith('input ') ? 2 : 1);
    expect(await fs.readdir(folder)).toEqual(files);
  });

  test('--debug says where in the code', async () => {
    const { code, stderr } = await gdws(['inspect', inFolder('cut.onnx'), '--debug']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error\[MODEL_UNREADABLE\].*\n(.*\n)*\s+at .*read\.js/);
    expect(stderr).toContain('Caused by:');
  });

  test('a reader that stops early is no failure', async () => {
    const { code, stderr } = await gdws(['inspect', model], { deaf: true });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('evaluate', () => {
  const images = [model, '--data', digits, '--count', '20'];
  const evaluation = [...images, '--attack', 'pgd', '--eps', '0.3', '--steps', '3', '--step-size', '0.1'];

  test('--json has every model, image by image, and how they compare', async () => {
    const small = inFolder('evaluated.onnx');
    await gdws(['compress', model, '-o', small, '--macs', '0.9']);
    const args = ['evaluate', small, ...evaluation, '--transfer', '--json'];
    const { code, stdout } = await gdws(args);
    expect(code).toBe(0);
    const document = parse<{
      images: number;
      models: { model: string; natural: { value: number }; robust: { value: number }; standing: number[] }[];
      comparisons: { from: string; to: string }[];
      transfers: { madeOn: string }[];
    }>(stdout);
    expect(document.images).toBe(20);
    expect(document.models.map((report) => report.model)).toEqual([small, model]);
    for (const { natural, robust, standing } of document.models) {
      expect(natural.value).toBeGreaterThan(0.8);
      expect(robust.value).toBeLessThanOrEqual(natural.value);
      expect(standing.filter(Boolean)).toHaveLength(Math.round(20 * robust.value));
    }
    expect(document.comparisons).toMatchObject([{ from: small, to: model }]);
    expect(document.transfers.map(({ madeOn }) => madeOn)).toEqual([small, model]);
    const again = parse<typeof document>((await gdws(args)).stdout);
    expect(again.models.map(({ standing }) => standing)).toEqual(document.models.map(({ standing }) => standing));
  });

  test('without it, tables', async () => {
    const { code, stdout, stderr } = await gdws(['evaluate', ...evaluation, '--attack', 'fgsm', '--norm', 'l2']);
    // Steps are nothing that this attack knows.
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('steps');
    const plain = await gdws([
      'evaluate',
      model,
      '--data',
      digits,
      '--count',
      '20',
      '--attack',
      'fgsm',
      '--eps',
      '0.1',
    ]);
    expect(plain.code).toBe(0);
    expect(plain.stdout).toMatch(/model +natural +robust/);
    expect(plain.stderr).toContain('20 images');
  });
});

describe('alpha', () => {
  const measured = [model, '--data', digits, '--count', '10'];

  test('writes what compress takes, the same in either form, and leaves nothing beside it', async () => {
    const [json, npz] = [inFolder('alpha.json'), inFolder('alpha.npz')];
    const before = await fs.readdir(folder);
    const { code, stdout, stderr } = await gdws(['alpha', ...measured, '-o', json]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/layer +channels +smallest α/);
    expect(stderr).toContain('10 images, worth ');
    expect(stderr).toContain(`wrote ${json}\n`);
    expect((await gdws(['alpha', ...measured, '-o', npz])).code).toBe(0);
    expect((await fs.readdir(folder)).sort()).toEqual([...before, 'alpha.json', 'alpha.npz'].sort());
    const alpha = parse<Record<string, number[]>>(await fs.readFile(json, 'utf8'));
    expect(Object.values(alpha).map((values) => values.length)).toEqual([32, 48, 64, 96]);
    const arrays = [...(await readNpz(npz))].map(([name, { data }]) => [name, Array.from(data as Float64Array)]);
    expect(Object.fromEntries(arrays)).toEqual(alpha);
    const compressed = await Promise.all(
      [json, npz].map((file, i) =>
        gdws(['compress', model, '-o', inFolder(`weighted${i}.onnx`), '--error', '0.1', '--alpha', file, '--json']),
      ),
    );
    const kernels = compressed.map(({ stdout }) =>
      parse<CompressionSummary>(stdout).layers.map((layer) => layer.kernels),
    );
    expect(kernels[0]).toEqual(kernels[1]);
    const plain = await gdws(['compress', model, '-o', inFolder('plain.onnx'), '--error', '0.1', '--json']);
    expect(parse<CompressionSummary>(plain.stdout).layers.map((layer) => layer.kernels)).not.toEqual(kernels[0]);
  });

  test('--json, on images under attack, of the likeliest rivals, repeats itself', async () => {
    const output = inFolder('attacked.json');
    const attack = ['--attack', 'pgd', '--eps', '0.3', '--steps', '2', '--rivals', '2', '--seed', '3', '--batch', '4'];
    const args = ['alpha', ...measured, ...attack, '-o', output, '--json'];
    const { code, stdout, stderr } = await gdws(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `wrote ${output}\n` });
    const document = parse<{ images: number; ties: number; attack: unknown; layers: { channels: number }[] }>(stdout);
    expect(document).toMatchObject({ images: 10, ties: 0, attack: { attack: 'pgd', norm: 'linf', steps: 2 } });
    expect(document.layers.map(({ channels }) => channels)).toEqual([32, 48, 64, 96]);
    const written = await fs.readFile(output, 'utf8');
    await gdws(args);
    expect(await fs.readFile(output, 'utf8')).toBe(written);
  });
});

describe('inspect', () => {
  test('--json is one document with the cost of every layer', async () => {
    const { code, stdout, stderr } = await gdws(['inspect', model, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const description = parse<ModelDescription & { bytes: number }>(stdout);
    expect(description.runs).toBe(true);
    expect(description.bytes).toBe((await fs.stat(command.bundled)).size);
    const convolutions = description.layers.filter(({ operator }) => operator === 'Conv');
    expect(convolutions.map(({ weights }) => weights![0])).toEqual([32, 48, 64, 96, 96]);
    for (const { weights, output, macs, params } of convolutions) {
      expect(params).toBe(weights!.reduce((product, dim) => product * dim, 1));
      expect(macs).toBe((params * output!.reduce((product, dim) => product * dim, 1)) / weights![0]!);
    }
    expect(description.macs).toBe(description.layers.reduce((sum, { macs }) => sum + macs!, 0));
    expect(description.params).toBe(description.layers.reduce((sum, { params }) => sum + params, 0));
    expect(description.operators.find(({ type }) => type === 'Conv')).toMatchObject({ count: 5, runs: true });
  });

  test('a table for people, without escape codes where there is no terminal', async () => {
    const { code, stdout, stderr } = await gdws(['inspect', model]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/Conv +5 +runs it/);
    expect(stdout).toMatch(/total: .* MACs, .* params/);
    expect(stdout).not.toMatch(escapes);
  });

  test('--html writes a page with the network drawn, and --json its figures, too', async () => {
    const html = inFolder('drawing.html');
    const args = ['--html', html, '--time', '0.05', '--threads', '1'];
    const { code, stdout, stderr } = await gdws(['inspect', model, '--json', ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `wrote ${html}\n` });
    const { macs, drawing } = parse<ModelDescription & { drawing: Drawing }>(stdout);
    expect(drawing.macs).toBe(macs);
    expect(drawing.measured!.threads).toBe(1);
    const page = parsed(await fs.readFile(html, 'utf8'));
    const rows = page
      .all('table')
      .find(({ attributes }) => attributes.id === 'operations')!
      .all('tr')
      .slice(1);
    expect(rows.map((row) => row.all('td')[0]!.text)).toEqual(
      drawing.boxes.map(({ nodes }) => nodes.map(({ operator }) => operator).join(' + ')),
    );
    expect(rows.map((row) => row.all('td')[6]!.text)).toEqual(
      drawing.boxes.map(({ milliseconds }) => formatTime(milliseconds!)),
    );
  });

  test('--html draws what cannot be run, with a warning', async () => {
    const html = inFolder('open.html');
    await fs.writeFile(inFolder('open.onnx'), classifier({ dims: ['n', 3, 'h', 'w'] }));
    const { code, stderr } = await gdws(['inspect', inFolder('open.onnx'), '--html', html]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: the network was not run, and is drawn without times: .*wrote/s);
    expect(parsed(await fs.readFile(html, 'utf8')).all('svg')).toHaveLength(1);
  });

  test('more images a batch, as many times the work', async () => {
    const name = (await InferenceSession.create(command.bundled)).inputNames[0]!;
    const [one, four] = await Promise.all(
      ['1', '4'].map((batch) => gdws(['inspect', model, '--json', '--shape', `${name}=${batch}x1x28x28`])),
    );
    expect(parse<ModelDescription>(four!.stdout).macs).toBe(4 * parse<ModelDescription>(one!.stdout).macs!);
  });
});

describe('compress', () => {
  test('--max-drop finds the budget, and says how sure the drop is', async () => {
    const output = inFolder('within.onnx');
    const args = ['--max-drop', '2%', '--data', digits, '--count', '60', '--seed', '3'];
    const { code, stdout } = await gdws(['compress', model, '-o', output, ...args]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/chosen/);
    expect(stdout).toMatch(
      /on 30 images that the search has not seen: accuracy .* points; with 95 % confidence it drops by at most .* points/,
    );
    const asJson = await gdws(['compress', model, '-o', output, ...args, '--json']);
    const { search } = parse<{ search: WithinDrop }>(asJson.stdout);
    expect(search.share).toBeLessThan(1);
    expect(search.heldOut.natural.trials).toBe(30);
    await expect(InferenceSession.create(output)).resolves.toBeDefined();
  });

  test('--max-drop writes nothing where only the dense network is within the drop', async () => {
    const output = inFolder('beyond.onnx');
    const args = ['--max-drop', '0%', '--sure', '--data', digits, '--count', '4'];
    const { code, stderr } = await gdws(['compress', model, '-o', output, ...args]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/only the dense network is within the drop/);
    await expect(fs.stat(output)).rejects.toThrow();
  });

  test('--robust is --calib-attack pgd', async () => {
    const files = await Promise.all(
      [['--robust'], ['--calib-attack', 'pgd']].map(async (attack, index) => {
        const output = inFolder(`robust-${index}.onnx`);
        const images = ['--calib', digits, '--calib-count', '4', '--calib-rounds', '1'];
        await gdws([
          'compress',
          model,
          '-o',
          output,
          '--macs',
          '0.5',
          ...images,
          ...attack,
          '--eps',
          '0.3',
          '--steps',
          '2',
        ]);
        return fs.readFile(output);
      }),
    );
    expect(files[0]!.equals(files[1]!)).toBe(true);
  });

  test('--calib fits the layers to images, and says so', async () => {
    const output = inFolder('calibrated.onnx');
    const args = ['--macs', '0.35', '--calib', digits, '--calib-count', '20', '--json'];
    const { code, stdout } = await gdws(['compress', model, '-o', output, ...args]);
    expect(code).toBe(0);
    const { layers } = parse<CompressionSummary>(stdout);
    const replaced = layers.filter(({ status }) => status === 'gdws');
    expect(replaced.length).toBeGreaterThan(2);
    expect(replaced.every(({ calibrated }) => calibrated)).toBe(true);
    await expect(InferenceSession.create(output)).resolves.toBeDefined();
  });

  test('writes a model within the budget, that runs, and says what became of each layer', async () => {
    const output = inFolder('half.onnx');
    const { code, stdout, stderr } = await gdws(['compress', model, '-o', output, '--macs', '0.5', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `wrote ${output}\n` });
    const summary = parse<CompressionSummary & { output: string }>(stdout);
    expect(summary.output).toBe(output);
    expect(summary.layers).toHaveLength(5);
    expect(summary.layers[0]).toMatchObject({ status: 'dense', reason: 'first convolution' });
    expect(summary.layers.filter(({ status }) => status === 'gdws').length).toBeGreaterThan(0);
    expect(summary.macs!.after).toBeLessThanOrEqual(summary.macs!.before / 2);
    expect(summary.bytes.after).toBe((await fs.stat(output)).size);
    const description = parse<ModelDescription>((await gdws(['inspect', output, '--json'])).stdout);
    expect(description.macs).toBe(summary.macs!.after);
    expect(description.params).toBe(summary.params.after);
    expect(await gdws(['run', output, '--input', inFolder('one.npy'), '--json'])).toMatchObject({ code: 0 });
  });

  test('a budget of time: what it takes is measured, and kept in the cache', async () => {
    const [output, cache] = [inFolder('fast.onnx'), inFolder('cache')];
    const args = ['compress', model, '-o', output, '--latency', '0.8', '--batch', '2', '--run-threads', '1'];
    const { code, stdout } = await withKnownTimes(cache, () =>
      gdws([...args, '--json'], { environment: { GDWS_CACHE_DIR: cache } }),
    );
    expect(code).toBe(0);
    const { time, layers } = parse<CompressionSummary>(stdout);
    expect(time!.after).toBeLessThanOrEqual(0.8 * time!.before * (1 + 1e-9));
    expect(layers.some(({ status }) => status === 'gdws')).toBe(true);
    expect(await fs.readdir(cache)).toHaveLength(1);
    const again = await gdws(args, { environment: { GDWS_CACHE_DIR: cache } });
    expect(again.stdout).toMatch(/time: .* → .* \(\d+\.\d %\)/);
  });

  test('a table for people; a file of that name is replaced', async () => {
    const output = inFolder('replaced.onnx');
    await fs.writeFile(output, 'old');
    const { code, stdout } = await gdws(['compress', model, '-o', output, '--params', '0.6']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/dense: first convolution/);
    expect(stdout).toMatch(/GDWS/);
    expect(stdout).toMatch(/params: .* → .* \(\d+\.\d %\)/);
    expect(stdout).toMatch(/allocation: loss [\d.e-]+, the least there is; 0\.\d+ % above the bound of its relaxation/);
    expect(stdout).not.toMatch(escapes);
    expect((await fs.stat(output)).size).toBeGreaterThan(1000);
  });

  test('--include, --exclude, --first-layer and --alpha reach the compression', async () => {
    const names = parse<ModelDescription>((await gdws(['inspect', model, '--json'])).stdout)
      .layers.filter(({ operator }) => operator === 'Conv')
      .map(({ name }) => name);
    const compressed = async (...args: string[]) => {
      const { stdout, stderr } = await gdws(['compress', model, '-o', inFolder('some.onnx'), '--json', ...args]);
      return { ...parse<CompressionSummary>(stdout), stderr };
    };
    const replaced = ({ layers }: CompressionSummary) =>
      layers.filter(({ status }) => status === 'gdws').map(({ name }) => name);

    const only = await compressed('--error', '0.3', '--include', names[3]!);
    expect(replaced(only)).toEqual([names[3]]);
    const none = await compressed('--error', '0.3', '--exclude', '*');
    expect(replaced(none)).toEqual([]);
    expect(none.stderr).toContain('warning: no layer was replaced');
    const all = await compressed('--error', '0.9', '--first-layer');
    expect(all.layers[0]!.reason).not.toBe('first convolution');

    // Where only channel 0 counts, the others need no kernel.
    const channels = all.layers[3]!.inputChannels!;
    const alpha = inFolder('alpha.json');
    await fs.writeFile(alpha, JSON.stringify({ [names[3]!]: Array.from({ length: channels }, (_, c) => (c ? 0 : 1)) }));
    const weighted = await compressed('--error', '0', '--include', names[3]!, '--alpha', alpha);
    expect(weighted.layers[3]!.g!.slice(1).every((count) => count === 0)).toBe(true);
    expect(weighted.layers[3]!.g![0]).toBeGreaterThan(0);
  });
});

describe('run', () => {
  const input = () => inFolder('one.npy');

  test('prints the largest logits, and writes them', async () => {
    const output = inFolder('logits.npy');
    const { code, stdout, stderr } = await gdws(['run', model, '--input', input(), '--output', output, '--json']);
    expect(code).toBe(0);
    expect(stderr).toContain('run as a batch of one');
    const { outputs } = parse<{ outputs: { top: { index: number; value: number }[][]; file: string }[] }>(stdout);
    const logits = await readNpy(output);
    expect(outputs[0]!.file).toBe(output);
    expect(logits.dims).toEqual([1, 10]);

    const session = await InferenceSession.create(command.bundled);
    const image = (await readNpy(input())).reshape([1, 1, 28, 28]);
    const expected = (await session.run({ [session.inputNames[0]!]: image }))[session.outputNames[0]!] as Tensor;
    (logits.data as Float32Array).forEach((value, index) => {
      expect(value).toBeCloseTo((expected.data as Float32Array)[index]!, 4);
    });
    const top = outputs[0]!.top[0]!;
    expect(top).toHaveLength(5);
    expect(top[0]!.value).toBeCloseTo(Math.max(...(expected.data as Float32Array)), 4);
    expect((logits.data as Float32Array)[top[0]!.index]).toBeCloseTo(top[0]!.value, 4);
  });

  test('a batch by name, into a folder that is made', async () => {
    const name = (await InferenceSession.create(command.bundled)).inputNames[0]!;
    const output = inFolder('new/results');
    const { code, stdout, stderr } = await gdws(['run', model, '-i', `${name}=${inFolder('three.npy')}`, '-o', output]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/3×10/);
    const files = await fs.readdir(output);
    expect(files).toHaveLength(1);
    expect(stderr).toContain(files[0]);
    expect(await readNpy(path.join(output, files[0]!))).toMatchObject({ dims: [3, 10] });
  });

  test('an archive has a tensor for each input', async () => {
    const archive = zipSync({ 'input.npy': await fs.readFile(inFolder('three.npy')) });
    await fs.writeFile(inFolder('all.npz'), archive);
    const { code, stdout } = await gdws(['run', model, '--input', 'all.npz']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/3×10/);
  });

  test('elements are converted, and it says so', async () => {
    const { code, stderr } = await gdws(['run', model, '--input', inFolder('bytes.npy'), '--threads', '1']);
    expect(code).toBe(0);
    expect(stderr).toContain('uint8 converted to float32');
  });
});

describe('bench', () => {
  test('medians and ratios of every setting', async () => {
    const args = ['bench', model, '--threads', '1', '--batch', '1,2', '--time', '0.05', '--json'];
    const { code, stdout, stderr } = await gdws(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { settings } = parse<{
      settings: {
        threads: number;
        batch: number;
        results: { median: number; speedUp: number; imagesPerSecond: number }[];
      }[];
    }>(stdout);
    expect(settings.map(({ threads, batch }) => [threads, batch])).toEqual([
      [1, 1],
      [1, 2],
    ]);
    for (const { batch, results } of settings) {
      expect(results[0]!.median).toBeGreaterThan(0);
      expect(results[0]!.speedUp).toBe(1);
      expect(results[0]!.imagesPerSecond).toBeCloseTo((1000 * batch) / results[0]!.median, 6);
    }
  });
});

const inTerminal = process.platform === 'linux' ? describe : describe.skip;
inTerminal('in a terminal', () => {
  test('headings are styled', async () => {
    expect((await gdwsInTerminal(['inspect', model])).stdout).toMatch(escapes);
  });

  test('NO_COLOR is honoured', async () => {
    const { code, stdout } = await gdwsInTerminal(['inspect', model], { NO_COLOR: '1' });
    expect(code).toBe(0);
    expect(stdout).toContain('Conv');
    expect(stdout).not.toMatch(escapes);
  });

  test('work over a second shows its progress', async () => {
    const { code, stdout } = await gdwsInTerminal(['bench', model, '--threads', '1', '--batch', '64', '--time', '2']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/measuring .*\d+%/);
  });
});
