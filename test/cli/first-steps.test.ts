import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Tensor } from 'onnxruntime-common';
import { writeNpy } from '../../src/data/npy';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { inProcess } from './in-process';

const examples = path.join(__dirname, '../../examples');
const model = path.join(examples, 'robust-mnist.onnx');
const digits = path.join(examples, 'mnist-test-images-idx3-ubyte');
let folder: string;
const inFolder = (name: string) => path.join(folder, name);

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-first-'));
  await writeNpy(inFolder('one.npy'), new Tensor('float32', new Float32Array(784), [1, 1, 28, 28]));
});
afterAll(() => fs.rm(folder, { recursive: true }));

const compress = (...args: string[]) => inProcess('compress', model, '-o', inFolder('small.onnx'), ...args);

describe('patterns of layers', () => {
  test.each(['--include', '--exclude'])('%s that matches no layer is refused, as it was typed', async (option) => {
    const { code, stderr } = await compress('--error', '0.1', option, '/nope/*');
    expect(code).toBe(2);
    expect(stderr).toContain("no convolution matches '/nope/*'");
    expect(stderr).toMatch(/They are called \S+, \S+, \S+, \.\.\. \(5 in all\)/);
    expect(stderr).not.toContain('^');
  });

  test('a slip is told from the layers that are near', async () => {
    const { stdout } = await inProcess('inspect', model, '--json');
    const { layers } = JSON.parse(stdout) as { layers: { name: string; operator: string }[] };
    const name = layers.filter(({ operator }) => operator === 'Conv')[2]!.name;
    const { code, stderr } = await compress('--error', '0.1', '--exclude', `${name.slice(0, -1)}`);
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean ');
    expect(stderr).toContain(name);
    const gemm = layers.find(({ operator }) => operator !== 'Conv')!;
    const other = await compress('--error', '0.1', '--exclude', gemm.name);
    expect(other.stderr).toContain(`is a ${gemm.operator}, which is never replaced`);
  });
});

describe('percentages', () => {
  test.each([
    ['--macs', '60%', '0.6'],
    ['--params', '60 %', '0.6'],
    ['--error', '2%', '0.02'],
  ])('%s %s is %s', async (option, percent, share) => {
    expect((await compress(option, percent)).code).toBe(0);
    const [one, file] = [await fs.readFile(inFolder('small.onnx')), inFolder('small.onnx')];
    expect((await compress(option, share)).code).toBe(0);
    expect((await fs.readFile(file)).equals(one)).toBe(true);
  });

  test.each([
    [['compress', '--macs', '35'], '35 percent is 0.35, on the command line also 35%'],
    [['compress', '--params', '350%'], 'above 0 and up to 1'],
    [['compress', '--latency', '50'], '50 percent is 0.5'],
    [['compress', '--error', '2'], '2 percent is 0.02'],
    [['compress', '--max-drop', '2', '--data', digits], '2 percent is 2% or 0.02'],
    [['compress', '--macs', '35 percent'], "'35 percent' is not a number, as 0.35, or a percentage, as 35%"],
    [['sweep', '--data', digits, '--budgets', '20%,35'], '35 percent is 35% or 0.35'],
    [['sweep', '--data', digits, '--budgets', '20%,half'], "'half' is not a number"],
  ])('%j explains shares', async ([command, ...args], message) => {
    const { code, stderr } = await inProcess(command!, model, '-o', inFolder('x.html'), ...args);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });
});

describe('--alpha', () => {
  const withAlpha = async (content: string, ...args: string[]) => {
    const file = inFolder('alpha.json');
    await fs.writeFile(file, content);
    return compress('--beta', '0.01', '--alpha', file, ...args);
  };

  test.each(['[]', '[[1]]', '"all"', 'null', '{"a": 1}', '{"a": ["x"]}'])(
    '%s is no list of layers',
    async (content) => {
      const { code, stderr } = await withAlpha(content);
      expect(code).toBe(1);
      expect(stderr).toContain('DATA_UNREADABLE');
      expect(stderr).toContain('an object with an array of numbers for each layer');
      expect(stderr).toContain('Write {"layer name": ');
    },
  );

  test('a file without layers that may be replaced names them', async () => {
    const { code, stderr } = await withAlpha('{}');
    expect(code).toBe(2);
    expect(stderr).toMatch(/no weight-error vector of \S+, \S+, \S+ and 1 others, which may be replaced/);
    expect(stderr).toContain('gdws alpha');
  });

  test('one of another model is refused by the name that does not belong', async () => {
    const { code, stderr } = await withAlpha('{"stranger": [1]}');
    expect(code).toBe(2);
    expect(stderr).toContain("alpha names 'stranger', which is no convolution of the model. They are called");
  });
});

describe('evaluate without an attack', () => {
  test('counts natural accuracy alone', async () => {
    const { code, stdout } = await inProcess('evaluate', model, '--data', digits, '--count', '50', '--json');
    expect(code).toBe(0);
    const { settings, models, transfers } = JSON.parse(stdout) as {
      settings?: object;
      transfers?: object;
      models: { natural: { value: number }; robust?: object; correct: number[]; passes: object }[];
    };
    expect({ settings, transfers, robust: models[0]!.robust }).toEqual({});
    expect(models[0]!.natural.value).toBeGreaterThan(0.9);
    expect(models[0]!.correct.filter(Boolean)).toHaveLength(Math.round(50 * models[0]!.natural.value));
    // Every image once, and nothing backward.
    expect(models[0]!.passes).toEqual({ forward: 50, backward: 0 });
    const table = await inProcess('evaluate', model, '--data', digits, '--count', '5');
    expect(table.stdout).toContain('natural');
    expect(table.stdout).not.toContain('robust ');
  });

  test('takes models that cannot be differentiated', async () => {
    const nodes = [
      makeNode({ opType: 'Flatten', input: ['x'], output: ['rows'] }),
      makeNode({ opType: 'ArgMax', input: ['rows'], output: ['order'], attributes: { axis: 1, keepdims: 0 } }),
      makeNode({ opType: 'Gather', input: ['rows', 'order'], output: ['y'], attributes: { axis: 0 } }),
    ];
    const sorting = makeModel({
      nodes,
      inputs: [makeValueInfo('x', 'float32', [1, 1, 28, 28])],
      outputs: [makeValueInfo('y', 'float32', [1, 784])],
    });
    await fs.writeFile(inFolder('sorting.onnx'), encodeModel(sorting));
    const black = ['--data', inFolder('one.npy'), '--labels', inFolder('zero.npy')];
    await writeNpy(inFolder('zero.npy'), new Tensor('int32', new Int32Array(1), [1]));
    expect(await inProcess('evaluate', inFolder('sorting.onnx'), ...black)).toMatchObject({ code: 0 });
    expect(await inProcess('evaluate', inFolder('sorting.onnx'), ...black, '--attack', 'fgsm')).toMatchObject({
      code: 1,
    });
  });

  test.each([
    [['--eps', '0.3'], 'eps given without an attack. Name it: --attack pgd'],
    [['--transfer'], '--transfer belongs to --attack'],
  ])('%j needs one', async (args, message) => {
    const { code, stderr } = await inProcess('evaluate', model, '--data', digits, '--count', '1', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

test('run says what a warm run takes', async () => {
  const { code, stdout, stderr } = await inProcess('run', model, '--input', inFolder('one.npy'), '--json');
  expect(code).toBe(0);
  const { milliseconds, warmMilliseconds } = JSON.parse(stdout) as Record<string, number>;
  expect(milliseconds).toBeGreaterThan(0);
  expect(warmMilliseconds).toBeGreaterThan(0);
  expect(stderr).toMatch(/ran in .*s; once warm, in .*s \((median of \d+ runs|one run) more\)/);
});

test.each([
  ['run', '--input', 'one.npy', '--output', 'one.npy'],
  ['run', '--input', 'input=one.npy', '--output', './one.npy'],
  ['alpha', '--data', 'one.npy', '--labels', 'labels.json', '-o', 'labels.json'],
  ['compress', '--macs', '0.5', '--calib', 'one.npy', '-o', 'one.npy'],
  ['compress', '--beta', '0.5', '--alpha', 'labels.json', '-o', 'labels.json'],
  ['sweep', '--data', 'one.npy', '-o', 'x.html', '--report', 'one.npy'],
])('%s %s %s ... does not write over what it reads', async (command, ...args) => {
  await fs.writeFile(inFolder('labels.json'), '{}');
  const before = await fs.readFile(inFolder('one.npy'));
  const absolute = args.map((word) => word.replace(/^(input=)?(?:\.\/)?([a-z][\w-]*\.\w+)$/, `$1${folder}/$2`));
  const { code, stderr } = await inProcess(command, model, ...absolute);
  expect(code).toBe(2);
  expect(stderr).toContain('the output is what is read');
  expect((await fs.readFile(inFolder('one.npy'))).equals(before)).toBe(true);
});
