import fs from 'node:fs/promises';
import path from 'node:path';
import type { InferenceSession as Common, Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import { writeNpy } from '../data/npy';
import { toFloat32 } from '../onnx/floats';
import type { Constant } from '../onnx/value';

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
