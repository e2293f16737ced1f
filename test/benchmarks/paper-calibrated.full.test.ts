import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { networks } from '../../benchmarks/networks';
import { makeNetworks } from '../../benchmarks/paper/networks';
import { compress } from '../../src/compress/compress';
import { ImageSet } from '../../src/data/image-set';
import { writeModel } from '../../src/onnx/write';

test("calibrated networks of the paper's experiment are those of compress, in floats and integers", async () => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-paper-'));
  try {
    const model = path.join(folder, 'small.onnx');
    await writeModel(networks['resnet18-cifar']({ width: 1 / 16 }).model, model);
    const pixels = Uint8Array.from({ length: 8 * 3072 }, (_, index) => (index * 7919) % 256);
    const images = new ImageSet([3, 32, 32], pixels, new Uint8Array(8));
    const attack = { attack: 'pgd', norm: 'linf', eps: 0.02, steps: 2 } as const;
    const calibration = { images, attack, rounds: 1 };
    const series = (['calibrated', 'int8'] as const).map((form) => ({
      form,
      alpha: undefined,
      betas: [],
      shares: [0.6, 0.01],
    }));
    const { networks: made, unreachable } = await makeNetworks(model, series, folder, calibration);
    expect(made.map(({ name }) => name)).toEqual(['dense', 'calibrated 60 %', 'int8 60 %']);
    expect(unreachable).toEqual([
      { form: 'calibrated', share: 0.01 },
      { form: 'int8', share: 0.01 },
    ]);
    for (const [index, int8] of [false, true].entries()) {
      const expected = await compress(model, { macs: 0.6, calibration, int8 });
      expect(made[index + 1]).toMatchObject({ macs: expected.summary.macs!.after, layers: expected.summary.layers });
      const file = path.join(folder, 'expected.onnx');
      await expected.write(file);
      expect((await fs.readFile(file)).equals(await fs.readFile(made[index + 1]!.file))).toBe(true);
    }
  } finally {
    await fs.rm(folder, { recursive: true });
  }
}, 600_000);
