import fs from 'node:fs/promises';
import path from 'node:path';
import { writeModel } from '../src/onnx/write';
import { networks, type NetworkName } from './networks';
import { quantize } from './quantized/quantize';

/** A network written to a file for both engines, with what one image costs. */
export interface ModelFile {
  readonly network: NetworkName;
  /** Kernels a channel, or `undefined` for the dense network. */
  readonly kernels: number | undefined;
  /** To 8 bits. */
  readonly isQuantized: boolean;
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
  isQuantized = false,
): Promise<ModelFile> {
  const { model, macs, parameters } = networks[network]({ kernels });
  const structure = kernels === undefined ? 'dense' : `gdws${kernels}`;
  const file = path.join(folder, `${network}-${structure}${isQuantized ? '-int8' : ''}.onnx`);
  await writeModel(isQuantized ? await quantize(model) : model, file);
  const megabytes = (await fs.stat(file)).size / 1e6;
  const weightBytes = (isQuantized ? 1 : 4) * parameters;
  return { network, kernels, isQuantized, file, megabytes, macs, weightBytes };
}
