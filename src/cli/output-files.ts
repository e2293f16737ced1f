import fs from 'node:fs/promises';
import path from 'node:path';
import type { InferenceSession as Common, Tensor } from 'onnxruntime-common';
import { GdwsError, located } from '../base/errors';
import { writeNpy } from '../data/npy';
import { isMap } from '../data/output-map';
import { writeMap, type WriteMapOptions } from '../data/write-map';
import { isPicture } from './picture-input';
import { toFloat32 } from '../onnx/floats';
import type { Constant } from '../onnx/value';

/**
 * Writes the map among outputs as a picture: the first with four axes, else the first. Returns its file, and how its numbers became bytes.
 *
 * @param options what the map is laid over
 * @throws GdwsError SHAPE_MISMATCH where there is none; DATA_UNREADABLE, OUTPUT_UNWRITABLE
 */
export async function saveMap(
  outputs: Common.ReturnType,
  destination: string,
  options: WriteMapOptions,
): Promise<{ name: string; reading: string }> {
  const tensors = Object.entries(outputs as Record<string, Tensor>);
  const maps = tensors.filter(([, { dims }]) => isMap(dims, options.layout));
  const [name, map] = maps.find(([, { dims }]) => dims.length === 4) ?? maps[0] ?? [];
  if (name === undefined || !map) {
    throw new GdwsError('SHAPE_MISMATCH', 'no output is a map, (1, C, H, W), (1, H, W, C) or (1, H, W).', {
      file: destination,
      tensor: tensors[0]?.[0],
      shape: tensors[0]?.[1].dims,
      remedy: 'Give a folder, or a file .npy.',
    });
  }
  try {
    return { name, reading: await writeMap(destination, map, options) };
  } catch (error) {
    throw located(error, { file: destination, tensor: name });
  }
}

/**
 * Whether a destination is a picture.
 *
 * @throws GdwsError ARGUMENT_INVALID where it is one in another format than PNG
 */
export function isMapFile(destination: string): boolean {
  if (path.extname(destination).toLowerCase() === '.png') return true;
  if (!isPicture(destination)) return false;
  throw new GdwsError('ARGUMENT_INVALID', 'maps are written as PNG.', {
    file: destination,
    remedy: 'Give it the name of one, as mask.png.',
  });
}

/**
 * Writes outputs to one .npy file, or to a folder as one file each; returns the file of each.
 *
 * @throws GdwsError OUTPUT_UNWRITABLE, ARGUMENT_INVALID
 */
export async function saveOutputs(outputs: Common.ReturnType, destination: string): Promise<Record<string, string>> {
  const entries = Object.entries(outputs as Record<string, Tensor>);
  const files: Record<string, string> = {};
  if (isArrayFile(destination)) {
    if (entries.length !== 1) {
      throw new GdwsError('ARGUMENT_INVALID', `the model has ${entries.length} outputs, too many for one file.`, {
        file: destination,
        remedy: 'Give a folder.',
      });
    }
    files[entries[0]![0]] = destination;
  } else {
    await makeFolder(destination);
    // Names of tensors may contain characters that file names must not.
    for (const [name] of entries) files[name] = path.join(destination, `${name.replace(/[^\w.-]+/g, '_')}.npy`);
  }
  for (const [name, tensor] of entries) await writeNpy(files[name]!, representable(tensor as Constant) as Tensor);
  return files;
}

/** A tensor as numpy has it: bfloat16 as float32, which is exact. */
function representable(tensor: Constant): Constant {
  return tensor.type === 'bfloat16' ? { type: 'float32', dims: tensor.dims, data: toFloat32(tensor) } : tensor;
}

/** Whether a destination is one file, not a folder. */
export function isArrayFile(destination: string): boolean {
  return path.extname(destination) === '.npy';
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await fs.mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new GdwsError('OUTPUT_UNWRITABLE', `the folder cannot be made: ${(cause as Error).message}.`, {
      file: folder,
      cause,
    });
  }
}
