import { GdwsError } from '../base/errors';
import { checkSessionOptions, type SessionOptions } from './session-options';

/** What `InferenceSession.create` is given, in any of its forms. */
export interface CreateArguments {
  /** A path, or the bytes of a model, which are the caller's. */
  readonly source: string | Uint8Array;
  readonly options: SessionOptions;
}

/**
 * @param source a path, bytes or a buffer
 * @param rest for a buffer optionally the place of the model in it, and options
 * @throws GdwsError ARGUMENT_INVALID
 */
export function readCreateArguments(source: unknown, rest: readonly unknown[]): CreateArguments {
  if (typeof source === 'string' || source instanceof Uint8Array) return { source, options: readOptions(rest[0]) };
  if (!(source instanceof ArrayBuffer || source instanceof SharedArrayBuffer)) {
    throw new GdwsError('ARGUMENT_INVALID', 'a model is given as a path, a buffer or a Uint8Array.');
  }
  if (typeof rest[0] !== 'number') return { source: new Uint8Array(source), options: readOptions(rest[0]) };
  const [byteOffset, byteLength = source.byteLength - byteOffset, options] = rest as [number, number?, unknown?];
  return { source: part(source, byteOffset, byteLength), options: readOptions(options) };
}

function part(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array {
  const isPart = [offset, length].every((number) => Number.isSafeInteger(number) && number >= 0);
  if (isPart && offset + length <= buffer.byteLength) return new Uint8Array(buffer, offset, length);
  throw new GdwsError(
    'ARGUMENT_INVALID',
    `byteOffset ${String(offset)} and byteLength ${String(length)} do not fit a buffer of ${buffer.byteLength} bytes.`,
    { remedy: 'Give the place of the whole model in the buffer.' },
  );
}

function readOptions(options: unknown = {}): SessionOptions {
  checkSessionOptions(options as SessionOptions);
  return options as SessionOptions;
}
