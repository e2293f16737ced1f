import path from 'node:path';
import { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import { formatShape } from '../base/format';
import { readNpy } from '../data/npy';
import { readNpz } from '../data/npz';
import type { InferenceSession } from '../engine/session';
import { toFloat32, fromFloat32, isFloat } from '../onnx/floats';
import type { Constant, DataType } from '../onnx/value';
import { isPicture, readPictureInput, type PictureInput, type PictureOptions } from './picture-input';

/** The tensors to run a model on, and notes on their conversion. */
export interface Feeds {
  readonly feeds: Record<string, Tensor>;
  readonly notes: readonly string[];
  /** The first picture among them. */
  readonly picture?: PictureInput;
}

/** A file for an input; for all inputs, where there is no name. */
interface InputFile {
  readonly name?: string;
  readonly file: string;
}

/**
 * Reads `photo.jpg`, `photo.npy`, `name=photo.npy` or `all.npz` for each input. Elements are converted to the type that the model
 * takes, and a missing batch dim is added.
 *
 * @param pictureOptions how pictures become inputs; asked for where there are any
 * @throws GdwsError DATA_UNREADABLE, ARGUMENT_INVALID, INPUT_UNKNOWN, TYPE_MISMATCH, and for pictures what {@link readPictureInput} throws
 */
export async function readFeeds(
  session: InferenceSession,
  inputs: readonly string[],
  pictureOptions: () => PictureOptions,
): Promise<Feeds> {
  const feeds: Record<string, Tensor> = {};
  const notes: string[] = [];
  let picture: PictureInput | undefined;
  const add = (name: string, tensor: Tensor) => {
    if (feeds[name]) throw new GdwsError('ARGUMENT_INVALID', 'this input was given twice.', { tensor: name });
    feeds[name] = fitted(session, name, tensor, notes);
  };
  for (const { name, file } of inputs.map((input) => inputFile(session, input))) {
    if (name === undefined) for (const [own, tensor] of await readNpz(file)) add(own, tensor);
    else if (isPicture(file)) {
      const read = await readPictureInput(session, name, file, pictureOptions());
      notes.push(read.note);
      add(name, read.tensor);
      picture ??= read;
    } else add(name, await readNpy(file));
  }
  return { feeds, notes, picture };
}

/** @throws GdwsError INPUT_UNKNOWN, ARGUMENT_INVALID */
function inputFile(session: InferenceSession, input: string): InputFile {
  const names = session.inputNames;
  // A name may contain '=', and a path too: the names of the model's inputs decide.
  const named = names.find((name) => input.startsWith(`${name}=`));
  if (named !== undefined) return { name: named, file: input.slice(named.length + 1) };
  if (path.extname(input) === '.npz') return { file: input };
  if (/^[^/\\]*=/.test(input) && !(names.length === 1 && input.split('=')[0]!.includes('.'))) {
    throw new GdwsError('INPUT_UNKNOWN', 'the model has no input of this name.', {
      tensor: input.split('=')[0],
      remedy: `Its inputs are: ${names.join(', ')}.`,
    });
  }
  if (names.length !== 1) {
    throw new GdwsError('ARGUMENT_INVALID', `the model has ${names.length} inputs; this file is for which?`, {
      file: input,
      remedy: `Write ${names.map((name) => `--input ${name}=file.npy`).join(' ')}`,
    });
  }
  return { name: names[0]!, file: input };
}

function fitted(session: InferenceSession, name: string, tensor: Tensor, notes: string[]): Tensor {
  const metadata = session.inputMetadata.find((one) => one.name === name);
  // The session refuses unknown names.
  if (!metadata?.isTensor) return tensor;
  let result = tensor;
  if (tensor.dims.length + 1 === metadata.shape.length && fitsOne(metadata.shape[0])) {
    result = tensor.reshape([1, ...tensor.dims]);
    notes.push(`input '${name}': ${formatShape(tensor.dims)} run as a batch of one`);
  }
  if (tensor.type !== metadata.type) {
    result = converted(result, metadata.type, name);
    notes.push(`input '${name}': ${tensor.type} converted to ${metadata.type}, values unchanged`);
  }
  return result;
}

function fitsOne(dim: number | string | undefined): boolean {
  return typeof dim !== 'number' || dim === 1;
}

function converted(tensor: Tensor, type: Tensor.Type, name: string): Tensor {
  const constant = tensor as unknown as Constant;
  const numbers = tensor.data as Iterable<number | bigint>;
  // A plain object, since onnxruntime-common's class knows no bfloat16.
  if (isFloat(type as DataType)) {
    return fromFloat32(type as DataType, tensor.dims, toFloat32(constant)) as unknown as Tensor;
  }
  switch (type) {
    case 'int64':
      return new Tensor(
        'int64',
        BigInt64Array.from(numbers, (value) => BigInt(wholeNumber(value, name))),
        tensor.dims,
      );
    case 'int32':
      return new Tensor(
        'int32',
        Int32Array.from(numbers, (value) => wholeNumber(value, name)),
        tensor.dims,
      );
    default:
      throw new GdwsError('TYPE_MISMATCH', `the model takes ${type}, and the file holds ${tensor.type}.`, {
        tensor: name,
        remedy: `Save it as ${type}.`,
      });
  }
}

function wholeNumber(value: number | bigint, name: string): number {
  if (!Number.isSafeInteger(Number(value))) {
    throw new GdwsError('TYPE_MISMATCH', `the model takes whole numbers, and the file holds ${value}.`, {
      tensor: name,
    });
  }
  return Number(value);
}
