import fs from 'node:fs/promises';
import path from 'node:path';

/** Parts of a data set: `test` is what accuracy is measured on, `train` what networks are trained and calibrated on. */
export const splits = ['test', 'train'] as const;
export type Split = (typeof splits)[number];

/** Files of each form of a data set as its archive has them: cifar-10-batches-bin, cifar-10-batches-py, cifar-100-binary, cifar-100-python. */
const forms: readonly Readonly<Record<Split, readonly string[]>>[] = [
  { test: ['test_batch.bin'], train: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`) },
  { test: ['test_batch'], train: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}`) },
  { test: ['test.bin'], train: ['train.bin'] },
  { test: ['test'], train: ['train'] },
];

/** The files of a folder of CIFAR-10 or CIFAR-100 that have a split; `undefined` where the folder is none. */
export async function cifarFilesIn(folder: string, split: Split): Promise<string[] | undefined> {
  for (const files of forms) {
    const known = [...files.test, ...files.train].map((name) => path.join(folder, name));
    if ((await Promise.all(known.map(isFile))).some(Boolean))
      return files[split].map((name) => path.join(folder, name));
  }
  return undefined;
}

function isFile(place: string): Promise<boolean> {
  return fs.stat(place).then(
    (found) => found.isFile(),
    () => false,
  );
}
