import type * as Fflate from 'fflate';
import { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import { optionalPackage } from '../base/optional';
import type { Constant } from '../onnx/value';
import { decodeNpy, encodeNpy } from './npy';
import { readBytes } from './read-file';

/** Largest compression ratio of deflate; an archive that claims more is hostile. */
const maxCompression = 1032;

/**
 * Reads every array of an archive that numpy's savez or savez_compressed wrote, by name. Needs the package `fflate`.
 *
 * @throws GdwsError DATA_UNREADABLE, DEPENDENCY_MISSING
 */
export async function readNpz(file: string): Promise<Map<string, Tensor>> {
  const bytes = await readBytes(file);
  const { unzipSync } = await optionalPackage<typeof Fflate>('fflate');
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(bytes, {
      filter: ({ name, size, originalSize }) => {
        if (size > bytes.length || originalSize > size * maxCompression + 64) {
          throw new Error(`the sizes of '${name}' make no sense`);
        }
        return name.endsWith('.npy');
      },
    });
  } catch (cause) {
    const summary = `this is not an archive of numpy arrays: ${(cause as Error).message}.`;
    throw new GdwsError('DATA_UNREADABLE', summary, { file, remedy: "Save it with numpy's savez().", cause });
  }
  return new Map(
    Object.entries(entries).map(([name, content]) => {
      const { type, dims, data } = decodeNpy(content, `${file}/${name}`);
      return [name.slice(0, -'.npy'.length), new Tensor(type as 'float32', data as Float32Array, dims)];
    }),
  );
}

/** Date of all entries, the first one of the format: the same arrays give the same bytes. */
const noDate = new Date(1980, 0, 1);

/**
 * A function that makes an archive of named arrays, as numpy's savez does. Needs the package `fflate`.
 *
 * @throws GdwsError DEPENDENCY_MISSING
 */
export async function npzEncoder(): Promise<
  (arrays: Iterable<readonly [name: string, array: Constant]>) => Uint8Array
> {
  const { zipSync } = await optionalPackage<typeof Fflate>('fflate');
  return (arrays) =>
    zipSync(Object.fromEntries([...arrays].map(([name, array]) => [`${name}.npy`, encodeNpy(array)])), {
      level: 0,
      mtime: noDate,
    });
}
