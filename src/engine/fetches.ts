import type { InferenceSession, OnnxValue, Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import type { ValueType } from '../onnx/value';
import { elementsOf, isTensor, toTensor } from './feeds';

/** The outputs that a run is asked for. */
export interface Fetches {
  /** In the order of the model, as onnxruntime gives them. */
  readonly names: readonly string[];
  /** Tensors that results are to be written into. */
  readonly given: ReadonlyMap<string, Tensor>;
}

const none: ReadonlyMap<string, Tensor> = new Map();

/**
 * The outputs that are asked for: names in an array, or an object with null or the tensor to write into for each.
 *
 * @param outputNames of the model: all of them are meant where none is named in an object
 * @param strict whether an object may have no other names; those in an array must be the model's
 * @throws GdwsError OUTPUT_UNKNOWN, ARGUMENT_INVALID for an empty array, TYPE_MISMATCH for a value that is neither a tensor nor null
 */
export function readFetches(
  fetches: InferenceSession.FetchesType | undefined,
  outputNames: readonly string[],
  file: string | undefined,
  strict: boolean,
): Fetches {
  if (!fetches) return { names: outputNames, given: none };
  const isList = Array.isArray(fetches);
  const names = isList ? (fetches as readonly string[]) : namesIn(fetches as Nullable);
  if (isList && names.length === 0) {
    throw new GdwsError('ARGUMENT_INVALID', 'no output is asked for.', {
      file,
      remedy: `Name some of ${outputNames.join(', ')}, or leave the argument out for all of them.`,
    });
  }
  const unknown = names.find((name) => !outputNames.includes(name));
  if (unknown !== undefined && (isList || strict)) throw unknownOutput(unknown, outputNames, file);
  const asked = outputNames.filter((name) => names.includes(name));
  if (isList) return { names: asked, given: none };
  const given = new Map<string, Tensor>();
  for (const name of asked) {
    const value = (fetches as Nullable)[name]!;
    if (value === null) continue;
    if (!isTensor(value)) {
      throw new GdwsError(
        'TYPE_MISMATCH',
        'a result is written into a Tensor in main memory, or null stands for a new one.',
        {
          file,
          tensor: name,
        },
      );
    }
    given.set(name, value);
  }
  return { names: asked.length > 0 ? asked : outputNames, given };
}

/** The error for an output that the model does not have. */
export function unknownOutput(name: string, outputNames: readonly string[], file: string | undefined): GdwsError {
  return new GdwsError('OUTPUT_UNKNOWN', 'the model has no output of this name.', {
    file,
    tensor: name,
    remedy: `Its outputs are: ${outputNames.join(', ')}.`,
  });
}

type Nullable = Readonly<Record<string, OnnxValue | null | undefined>>;

/** The names that an object asks for: undefined stands for nothing, as in onnxruntime. */
export function namesIn(fetches: Nullable): string[] {
  return Object.keys(fetches).filter((name) => fetches[name] !== undefined);
}

/**
 * Checks that the given tensors are as the results will be.
 *
 * @param typeOf the type and dims of an output
 * @throws GdwsError TYPE_MISMATCH, SHAPE_MISMATCH
 */
export function checkGiven({ given }: Fetches, typeOf: (name: string) => ValueType): void {
  for (const [name, tensor] of given) {
    const { type, dims } = typeOf(name);
    if (tensor.type !== type) {
      throw new GdwsError('TYPE_MISMATCH', `the result is ${type}, and the tensor to write it into ${tensor.type}.`, {
        tensor: name,
      });
    }
    if (dims.length !== tensor.dims.length || dims.some((dim, axis) => dim !== tensor.dims[axis])) {
      throw new GdwsError('SHAPE_MISMATCH', `the result is [${dims.join(', ')}], unlike the tensor to write it into.`, {
        tensor: name,
        shape: tensor.dims,
        remedy: 'Give a tensor of its shape, or null for a new one.',
      });
    }
    checkSize(name, tensor, dims);
  }
}

/**
 * The result of an output: in the given tensor, which is returned itself, or in a new one.
 *
 * @throws GdwsError SHAPE_MISMATCH where the given tensor's memory was transferred during the run
 */
export function resultIn({ given }: Fetches, name: string, type: ValueType, bytes: ArrayBuffer): Tensor {
  const result = toTensor(type, bytes);
  const tensor = given.get(name);
  if (!tensor) return result;
  checkSize(name, tensor, type.dims);
  // Elements of one type: each class of them takes its own.
  (elementsOf(tensor) as Float32Array).set(elementsOf(result) as Float32Array);
  return tensor;
}

function checkSize(tensor: string, { data }: Tensor, dims: readonly number[]): void {
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (data.length === size) return;
  throw new GdwsError('SHAPE_MISMATCH', `the tensor to write the result into has ${data.length} elements.`, {
    tensor,
    shape: dims,
    remedy: 'Give as many as its shape says, in memory that was not transferred.',
  });
}
