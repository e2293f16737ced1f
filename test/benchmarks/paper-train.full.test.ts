import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { readImages } from '../../src/data/read-images';
import { evaluate } from '../../src/robustness/evaluate';
import { openClassifier } from '../../src/robustness/open-classifier';

const root = path.join(__dirname, '../..');
const training = path.join(root, 'benchmarks/paper/train/train.py');
const python = ['python3', '/usr/bin/python3'].find(
  (candidate) => spawnSync(candidate, ['-c', 'import torch, numpy']).status === 0,
);
const name = 'the training recipe exports what it trained';

(python === undefined ? test.skip : test)(
  python === undefined ? `${name}: there is no PyTorch` : name,
  async () => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-train-'));
    try {
      const model = path.join(folder, 'small.onnx');
      const digits = (split: string) => path.join(root, `examples/mnist-${split}-images-idx3-ubyte`);
      const args = [training, 'small', 'mnist', model, '--train', digits('calib'), '--test', digits('test')];
      const quick = [
        '--epochs',
        '2',
        '--eps',
        '0.05',
        '--shift',
        '1',
        '--threads',
        '1',
        '--batch',
        '32',
        '--rate',
        '0.05',
      ];
      const { stdout } = await promisify(execFile)(python!, [...args, ...quick], {
        env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
      });
      const natural = Number(/natural ([\d.]+) %/.exec(stdout)![1]);
      expect(natural).toBeGreaterThan(20);

      const images = await readImages(digits('test'));
      const { classifier, release } = await openClassifier(model, images.dims, {});
      const pixels = images.batch(0, images.length).images.data as Float32Array;
      const { candidates } = await evaluate([{ name: 'small', classifier }], pixels, images.labels, undefined);
      await release();
      // An image whose two largest logits are nearly equal may go either way.
      expect(Math.abs(100 * candidates[0]!.natural.value - natural)).toBeLessThanOrEqual(0.1);
    } finally {
      await fs.rm(folder, { recursive: true });
    }
  },
  600_000,
);
