import fs from 'node:fs/promises';
import path from 'node:path';
import { writeModel } from '../src/onnx/write';
import { networks, type NetworkName } from './networks';

/** A network written to a file for both engines, with what one image costs. */
export interface ModelFile {
  readonly network: NetworkName;
  /** Kernels a channel, or `undefined` for the dense network. */
  readonly kernels: number | undefined;
  readonly file: string;
  readonly megabytes: number;
  readonly macs: number;
  /** Bytes of all weights and biases. */
  readonly weightBytes: number;
}

/** Writes a seeded network into `folder`. */
export async function writeNetwork(
  network: NetworkName,
  kernels: number | undefined,
  folder: string,
): Promise<ModelFile> {
  const { model, macs, parameters } = networks[network]({ kernels });
  const file = path.join(folder, `${network}-${kernels === undefined ? 'dense' : `gdws${kernels}`}.onnx`);
  await writeModel(model, file);
  return { network, kernels, file, megabytes: (await fs.stat(file)).size / 1e6, macs, weightBytes: 4 * parameters };
}
