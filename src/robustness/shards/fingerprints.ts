import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { defaultLimits } from '../../base/limits';
import type { ImageSet } from '../../data/image-set';
import { readModelAndFiles } from '../../onnx/read';

/** A model, by what its files hold. */
export interface ModelFingerprint {
  /** Its path, as it was given, which is its name in reports. */
  readonly model: string;
  /** Of its file, and of the files with its weights. */
  readonly sha256: readonly string[];
}

/** Images with their labels, by what they are once they are read. */
export interface ImagesFingerprint {
  readonly images: number;
  readonly dims: readonly number[];
  readonly sha256: string;
}

/** @throws {GdwsError} what `readModel` throws */
export async function fingerprintOfModel(model: string): Promise<ModelFingerprint> {
  const { files } = await readModelAndFiles(model, defaultLimits);
  return { model, sha256: await Promise.all(files.map(digestOfFile)) };
}

async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

export function fingerprintOfImages({ length: images, dims, pixels, labels }: ImageSet): ImagesFingerprint {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of [pixels, labels]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return { images, dims, sha256: hash.digest('hex') };
}
