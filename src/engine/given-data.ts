import path from 'node:path';
import type { InferenceSession } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import type { OptionKind } from '../base/options';
import type { GivenFiles } from '../onnx/external-data';

/** The option `externalData`, whose elements {@link givenFiles} checks; null stands for none, as in onnxruntime. */
export const externalData: OptionKind = {
  expected: "an array of objects with a 'path' and 'data'",
  type: 'object',
  accepts: (value) => value === null || Array.isArray(value),
};

/**
 * Copies of the files of weights that are given, by their normalized paths.
 *
 * @throws GdwsError ARGUMENT_INVALID
 */
export function givenFiles(given: InferenceSession.SessionOptions['externalData'] | null): GivenFiles {
  const files = new Map<string, Uint8Array>();
  for (const [place, one] of (given ?? []).entries()) {
    const name = `externalData[${place}]`;
    if (typeof one !== 'object' || one === null || typeof one.path !== 'string') {
      throw new GdwsError('ARGUMENT_INVALID', `${name} is no object with a 'path'.`, {
        remedy: "Give the path as the model names it, and the bytes of the file as 'data'.",
      });
    }
    const bytes = bytesOf(one.data);
    if (!bytes) {
      throw new GdwsError('ARGUMENT_INVALID', `${name}.data is no Uint8Array or ArrayBuffer.`, {
        remedy: 'Read the file, and give its bytes.',
      });
    }
    const file = path.posix.normalize(one.path);
    if (files.has(file)) {
      throw new GdwsError('ARGUMENT_INVALID', `${name} gives '${one.path}' again.`, { remedy: 'Give each file once.' });
    }
    files.set(file, bytes.slice());
  }
  return files;
}

function bytesOf(data: unknown): Uint8Array | undefined {
  // A Buffer's own `slice` shares its memory.
  if (data instanceof Uint8Array) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return data instanceof ArrayBuffer || data instanceof SharedArrayBuffer ? new Uint8Array(data) : undefined;
}
