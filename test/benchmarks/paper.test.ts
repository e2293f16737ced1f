import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { networks } from '../../benchmarks/networks';
import { Decomposed } from '../../benchmarks/paper/betas';
import { runExperiment, type Experiment } from '../../benchmarks/paper/experiment';
import { makeNetworks } from '../../benchmarks/paper/networks';
import { attackOf } from '../../benchmarks/paper/options';
import { withoutSmallest } from '../../benchmarks/paper/prune';
import { tablesOf } from '../../benchmarks/paper/tables';
import { compress } from '../../src/compress/compress';
import { ImageSet } from '../../src/data/image-set';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { writeModel } from '../../src/onnx/write';
import { predictedClass } from '../../src/robustness/classifier';

describe("the paper's experiment", () => {
  let folder = '';
  let model = '';
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-paper-'));
    model = path.join(folder, 'small.onnx');
    await writeModel(networks['resnet18-cifar']({ width: 1 / 16 }).model, model);
  });
  afterAll(() => fs.rm(folder, { recursive: true }));

  /** Images with the classes that the network itself sees. */
  async function ownImages(count: number): Promise<ImageSet> {
    const pixels = Float32Array.from({ length: count * 3072 }, (_, index) => ((index * 7919) % 1009) / 1008);
    const session = await InferenceSession.create(model);
    const labels: number[] = [];
    for (let image = 0; image < count; ++image) {
      const part = new Tensor('float32', pixels.slice(image * 3072, (image + 1) * 3072), [1, 3, 32, 32]);
      const outputs = await session.run({ [session.inputNames[0]!]: part });
      labels.push(predictedClass(outputs[session.outputNames[0]!]!.data as Float32Array));
    }
    await session.release();
    return new ImageSet([3, 32, 32], pixels, labels);
  }

  test('finds the least β that keeps a share of the multiply-accumulates', async () => {
    const decomposed = await Decomposed.read(model);
    const before = (await compress(model, { beta: 0 })).summary;
    const alpha = new Map(
      before.layers.map(({ name, inputChannels = 0 }) => [
        name,
        Float64Array.from({ length: inputChannels }, (_, c) => 1 + c),
      ]),
    );
    for (const weighting of [undefined, alpha]) {
      for (const share of [0.9, 0.6, 0.4]) {
        const beta = decomposed.betaFor(share, weighting)!;
        const kept = async (value: number) =>
          (await compress(model, { beta: value, alpha: weighting })).summary.macs!.after / before.macs!.before;
        expect(await kept(beta)).toBeLessThanOrEqual(share);
        expect(await kept(beta * (1 - 1e-5))).toBeGreaterThan(share);
      }
    }
    expect(decomposed.betaFor(0.01)).toBeUndefined();
  });

  test('compares weighted and unweighted GDWS with the dense network', async () => {
    const images = await ownImages(12);
    const attack = { attack: 'pgd', norm: 'linf', eps: 0.02, steps: 3 } as const;
    const experiment: Experiment = {
      model,
      images,
      attack,
      series: [
        { form: 'weighted', betas: [], shares: [0.6] },
        { form: 'unweighted', betas: [0.5], shares: [] },
        { form: 'unweighted', betas: [], shares: [0.5, 0.01] },
      ],
      alpha: { images: images.first(6), attack },
      budget: 1,
      threads: 1,
      seed: 0,
      folder,
    };
    const result = await runExperiment(experiment);
    const [dense, ...others] = result.networks;
    expect(result.networks.map(({ form }) => form)).toEqual(['dense', 'weighted', 'unweighted', 'unweighted']);
    expect(result.unreachable).toEqual([{ form: 'unweighted', share: 0.01 }]);
    expect(result.alpha).toMatchObject({ images: 6 });
    expect(dense).toMatchObject({ natural: { successes: 12, trials: 12 } });
    expect(others[0]!.macs).toBeLessThanOrEqual(0.6 * dense!.macs);
    expect(others[2]!.macs).toBeLessThanOrEqual(0.5 * dense!.macs);
    for (const { natural, robust, against, transfer, speed, layers } of others) {
      expect(natural.successes - dense!.natural.successes).toBe(against!.natural.gained - against!.natural.lost);
      expect(robust.successes - dense!.robust.successes).toBe(against!.robust.gained - against!.robust.lost);
      expect(transfer!.fromDense).toMatchObject({ madeOn: 'dense', robust: { trials: 12 } });
      expect(transfer!.toDense).toMatchObject({ triedOn: 'dense' });
      expect(speed!.gdws.fps).toBeCloseTo(1000 / speed!.gdws.time.median, 9);
      expect(speed!.onnxruntime.fps).toBeGreaterThan(0);
      // As in the paper: neither the first convolution nor the pointwise ones.
      expect(layers![0]).toMatchObject({ status: 'dense', reason: 'first convolution' });
      expect(layers!.filter(({ reason }) => reason === 'pointwise')).not.toHaveLength(0);
    }

    // α is left behind in the form that --alpha takes, and is what weighted that network.
    const alpha = JSON.parse(await fs.readFile(path.join(folder, 'alpha.json'), 'utf8')) as Record<string, number[]>;
    const { beta, layers } = others[0]!;
    expect((await compress(model, { beta, alpha })).summary.layers).toEqual(layers);
    const again = await runExperiment({ ...experiment, alpha: new Map(Object.entries(alpha)), budget: 0 });
    expect(again.networks[1]!.robust).toEqual(others[0]!.robust);
    expect(again.networks[1]!.speed).toBeUndefined();

    const tables = tablesOf(result);
    expect(tables).toContain('| dense |  | ');
    expect(tables.match(/^\| GDWS, unweighted \|/gm)).toHaveLength(2);
    expect(tables).toContain(others[0]!.beta!.toPrecision(3));
  });
});

test('an attack is that of the preset but for what was given', () => {
  const usual = { attack: 'pgd', norm: 'linf', eps: '0.3', steps: 100, stepSize: '0.02' } as const;
  expect(attackOf({ seed: 0 }, usual)).toEqual({ seed: 0, ...usual });
  expect(attackOf({ seed: 0, steps: 20 }, usual)).toEqual({ seed: 0, ...usual, steps: 20 });
  expect(attackOf({ seed: 0, attack: 'autoattack' }, usual)).toEqual({
    seed: 0,
    attack: 'autoattack',
    norm: 'linf',
    eps: '0.3',
  });
  expect(attackOf({ seed: 0, norm: 'l2', eps: '0.5' }, usual)).toEqual({
    seed: 0,
    attack: 'pgd',
    norm: 'l2',
    eps: '0.5',
  });
  expect(attackOf({ seed: 0, attack: 'msd', eps: '0.03,0.5,12' }, usual)).toMatchObject({
    attack: 'msd',
    eps: '0.03,0.5,12',
  });
});

describe('pruning by magnitude', () => {
  test('sets just a share of the numbers to 0, the smallest', () => {
    const weights = Float32Array.of(3, -1, 2, -4, 0.5, 1, -1, 1);
    expect([...withoutSmallest(weights, 0)]).toEqual([...weights]);
    // 0.5, then three of the four ones.
    expect([...withoutSmallest(weights, 0.5)]).toEqual([3, 0, 2, -4, 0, 0, 0, 1]);
    expect([...withoutSmallest(weights, 1)]).toEqual(Array<number>(8).fill(0));
  });

  test('gives a smaller file once packed, with the same arithmetic', async () => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-pruned-'));
    try {
      const model = path.join(folder, 'small.onnx');
      await writeModel(networks['resnet18-cifar']({ width: 1 / 16 }).model, model);
      const series = [{ form: 'pruned', alpha: undefined, betas: [], shares: [0.9] }] as const;
      const [dense, pruned] = (await makeNetworks(model, series, folder)).networks;
      expect(pruned).toMatchObject({ form: 'pruned', macs: dense!.macs });
      expect(pruned!.params / dense!.params).toBeCloseTo(0.1, 3);
      expect(pruned!.size.packed).toBeLessThan(0.4 * dense!.size.packed);
      expect(Math.abs(pruned!.size.plain / dense!.size.plain - 1)).toBeLessThan(0.01);
    } finally {
      await fs.rm(folder, { recursive: true });
    }
  });
});
