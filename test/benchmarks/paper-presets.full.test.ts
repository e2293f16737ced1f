import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { networks, type NetworkName } from '../../benchmarks/networks';
import { writeModel } from '../../src/onnx/write';

// Every preset of benchmarks/paper on a small network with random weights and a few images, from the file as it is published to the table.
const root = path.join(__dirname, '../..');
jest.setTimeout(300_000);
const fixture = (name: string) => path.join(root, 'test/fixtures/data-sets', name);
let folder: string;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-presets-'));
  const cifar = path.join(folder, 'cifar-10-batches-py');
  await fs.mkdir(cifar);
  for (const name of ['test_batch', ...[1, 2, 3, 4, 5].map((number) => `data_batch_${number}`)]) {
    await fs.copyFile(fixture('cifar-10-batches-py/test_batch'), path.join(cifar, name));
  }
  await fs.mkdir(path.join(folder, 'val'));
  for (const number of [1, 2, 3]) {
    const picture = sharp({
      create: { width: 320, height: 260, channels: 3, background: { r: 80 * number, g: 90, b: 9 } },
    });
    await picture.jpeg().toFile(path.join(folder, 'val', `ILSVRC2012_val_0000000${number}.JPEG`));
    const ofClass = path.join(folder, 'train', ['n01440764', 'n02100735', 'n02119789'][number - 1]!);
    await fs.mkdir(ofClass, { recursive: true });
    await picture.jpeg().toFile(path.join(ofClass, 'a.JPEG'));
  }
  await fs.writeFile(path.join(folder, 'ground_truth.txt'), '3\n1\n2\n');
});
afterAll(() => fs.rm(folder, { recursive: true }));

interface Figures {
  readonly results: readonly {
    readonly preset: string;
    readonly images: number;
    readonly attack: object;
    readonly normalization?: object;
    readonly unreachable: readonly object[];
    readonly networks: readonly {
      readonly form: string;
      readonly robust: { trials: number };
      readonly speed?: Record<'gdws' | 'onnxruntime', { fps: number }>;
      readonly ways?: object;
    }[];
  }[];
}

async function run(
  name: string,
  network: NetworkName,
  width: number,
  ...args: string[]
): Promise<Figures['results'][number]> {
  const model = path.join(folder, `${name}.onnx`);
  await writeModel(networks[network]({ width }).model, model);
  const json = path.join(folder, `${name}.json`);
  const given = [
    '--preset',
    name,
    '--model',
    model,
    '--json',
    json,
    '--quick',
    '--count',
    '3',
    '--steps',
    '2',
    '--budget',
    '0.2',
  ];
  const main = path.join(root, 'benchmarks/paper/main.ts');
  const counts = ['--alpha-count', '3', '--calib-count', '3', '--threads', '1'];
  await promisify(execFile)(process.execPath, ['--import', 'tsx', main, ...given, ...counts, ...args], { cwd: root });
  const [result] = (JSON.parse(await fs.readFile(json, 'utf8')) as Figures).results;
  expect(result).toMatchObject({ preset: name });
  expect(result!.networks[0]).toMatchObject({ form: 'dense' });
  for (const { robust, speed } of result!.networks) {
    expect(robust.trials).toBe(result!.images);
    expect(speed!.gdws.fps).toBeGreaterThan(0);
    expect(speed!.onnxruntime.fps).toBeGreaterThan(0);
  }
  return result!;
}

const cifarFolder = () => ['--data', path.join(folder, 'cifar-10-batches-py')];
const svhn = () => ['--data', fixture('svhn-compressed.mat'), '--alpha-data', fixture('svhn-plain.mat')];
const ofPaper = { attack: 'pgd', norm: 'linf', eps: '8/255', steps: 2, stepSize: '1/255' };

test.each([
  [
    'cifar10-resnet18',
    'resnet18-cifar',
    { mean: [0.4914, 0.4822, 0.4465], std: [0.2471, 0.2435, 0.2616] },
    cifarFolder,
  ],
  ['cifar10-resnet50', 'resnet50-cifar', undefined, cifarFolder],
  ['cifar10-vgg16', 'vgg16-cifar', undefined, cifarFolder],
  ['cifar10-wrn28-4', 'wrn28-4-cifar', undefined, cifarFolder],
  ['svhn-resnet18', 'resnet18-cifar', { mean: [0.5], std: [0.5] }, svhn],
  ['svhn-vgg16', 'vgg16-cifar', undefined, svhn],
  ['svhn-wrn28-4', 'wrn28-4-cifar', undefined, svhn],
] as const)('%s', async (name, network, normalization, data) => {
  const result = await run(name, network, 1 / 8, ...data(), ...(normalization ? ['--normalize'] : []));
  expect(result.attack).toMatchObject(ofPaper);
  expect(result.normalization).toEqual(normalization);
  expect(new Set([...result.networks, ...result.unreachable].map((one) => (one as { form: string }).form))).toEqual(
    new Set(['dense', 'weighted', 'unweighted']),
  );
});

test('cifar10-msd-resnet18', async () => {
  const result = await run('cifar10-msd-resnet18', 'resnet18-cifar', 1 / 8, ...cifarFolder());
  expect(result.attack).toMatchObject({ attack: 'msd', eps: { linf: '0.03', l2: '0.5', l1: '12' } });
});

test('imagenet-resnet50', async () => {
  const labels = ['--labels', path.join(folder, 'ground_truth.txt'), '--synsets', fixture('meta.mat')];
  const data = [
    '--data',
    path.join(folder, 'val'),
    ...labels,
    '--alpha-data',
    path.join(folder, 'train'),
    '--macs',
    '0.9',
  ];
  const result = await run('imagenet-resnet50', 'resnet50-imagenet', 1 / 16, ...data, '--normalize');
  expect(result.attack).toMatchObject({ ...ofPaper, eps: '4/255' });
  expect(result.normalization).toEqual({ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
});

test("vgg16, the paper's Figure 1, on a small network", async () => {
  const svg = path.join(folder, 'figure.svg');
  const data = [...cifarFolder(), '--svg', svg, '--queries', '5'];
  const result = await run('vgg16', 'vgg16-cifar', 1 / 8, ...data);
  expect(result.networks.map(({ form }) => form)).toEqual(['dense', 'weighted', 'calibrated', 'int8']);
  expect(result.networks[3]!.ways).toBeDefined();
  const drawn = await fs.readFile(svg, 'utf8');
  for (const name of ['dense, onnxruntime', 'calibrated GDWS', 'int8 GDWS']) expect(drawn).toContain(name);
});
