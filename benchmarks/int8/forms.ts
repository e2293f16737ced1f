import path from 'node:path';
import { writeModel } from '../../src/onnx/write';
import { writeNetwork, type ModelFile } from '../model-files';
import { networks, type NetworkName } from '../networks';
import { quantize } from '../quantized/quantize';

/** Writes a network dense and as GDWS, each in fp32 and in int8. One without convolutions to replace has only dense forms. */
export async function writeForms(network: NetworkName, kernels: number, folder: string): Promise<ModelFile[]> {
  const forms: ModelFile[] = [];
  for (const count of [undefined, kernels]) {
    const float = await writeNetwork(network, count, folder);
    if (count !== undefined && float.macs === forms[0]!.macs) break;
    forms.push(float, await writeNetwork(network, count, folder, true));
  }
  return forms;
}

/** Writes a network of few weights in the same forms. */
export async function writeSmallForms(kernels: number, folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const count of [undefined, kernels]) {
    const { model } = networks['resnet18-cifar']({ width: 1 / 16, kernels: count });
    for (const [type, form] of Object.entries({ fp32: model, int8: await quantize(model) })) {
      const file = path.join(folder, `small-${count ?? 'dense'}-${type}.onnx`);
      await writeModel(form, file);
      files.push(file);
    }
  }
  return files;
}
