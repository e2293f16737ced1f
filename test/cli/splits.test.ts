import fs from 'node:fs/promises';
import { Command } from 'commander';
import { addCalibrationOptions, calibrationOf, type CalibrationArguments } from '../../src/cli/calibration-options';
import { addDataOptions, imagesOf, type DataArguments } from '../../src/cli/data-options';
import { temporaryFolder } from '../onnx/temporary-folder';
import { inProcess } from './in-process';
import { classifier } from './small-classifier';

const folder = temporaryFolder();
const model = folder.file('model.onnx');
beforeAll(async () => {
  await fs.writeFile(model, classifier({ dims: ['n', 3, 32, 32] }));
  // The label says from which file an image is.
  const image = (label: number) => Buffer.concat([Buffer.from([label]), Buffer.alloc(3072, 20 * label)]);
  for (const number of [1, 2, 3, 4, 5]) await fs.writeFile(folder.file(`data_batch_${number}.bin`), image(number));
  await fs.writeFile(folder.file('test_batch.bin'), image(9));
});

test('of a folder of CIFAR, the test images are evaluated, those of training calibrate', async () => {
  const args = addDataOptions(new Command()).parse(['node', 'x', '--data', folder.path]).opts<DataArguments>();
  expect([...(await imagesOf(args, model, {})).labels]).toEqual([9]);
  expect([...(await imagesOf({ ...args, split: 'train' }, model, {})).labels]).toEqual([1, 2, 3, 4, 5]);
  const calib = ['node', 'x', '--calib', folder.path, '--calib-count', '2'];
  const calibration = await calibrationOf(
    addCalibrationOptions(new Command()).parse(calib).opts<CalibrationArguments>(),
    model,
    {},
    undefined,
  );
  expect([...calibration!.images.labels]).toEqual([1, 2]);
});

test('alpha takes those of training, unless told otherwise', async () => {
  const args = ['alpha', model, '--data', folder.path, '-o', folder.file('alpha.json'), '--json'];
  const images = async (...more: string[]) =>
    (JSON.parse((await inProcess(...args, ...more)).stdout) as { images: number }).images;
  expect(await images()).toBe(5);
  expect(await images('--split', 'test')).toBe(1);
});
