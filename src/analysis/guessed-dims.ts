import { GdwsError } from '../base/errors';
import type { Graph } from '../graph/graph';
import { isStandardDomain } from '../onnx/domain';
import { placeOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import type { KnownValue, ValueType } from '../onnx/value';

// Inference takes an open leading dim, which is nearly always the batch, as 1. Some models leave it open and cannot take 1:
// frames that are regrouped into clips, a waveform without a batch. An error that follows from the guess is no error of the model.

/** Another guess: most numbers of frames, parts or samples divide it, and it is larger than most windows. */
const otherGuess = 20160;

/** Inputs whose leading dim is guessed, since they are not fed and the model leaves it open. */
export function guessedInputs(graph: Graph, feeds: ReadonlyMap<string, unknown> = new Map()): string[] {
  return graph.inputs
    .map(({ name }) => name)
    .filter((name) => {
      const dims = graph.declared(name)?.dims;
      return !feeds.has(name) && dims !== undefined && dims.length > 0 && typeof dims[0] !== 'number';
    });
}

/** Feeds with the other guess for those inputs; `undefined` where nothing is guessed, or other dims are open too. */
export function feedsWithOtherGuess(
  graph: Graph,
  feeds: ReadonlyMap<string, KnownValue> = new Map(),
): ReadonlyMap<string, KnownValue> | undefined {
  const guessed = guessedInputs(graph, feeds);
  const types = guessed.map((name): [string, ValueType] | undefined => {
    const { type, dims } = graph.declared(name)!;
    const [, ...others] = dims!;
    if (!type || !others.every((dim) => typeof dim === 'number')) return undefined;
    return [name, { type, dims: [otherGuess, ...others] }];
  });
  if (guessed.length === 0 || types.includes(undefined)) return undefined;
  return new Map([...feeds, ...(types as [string, ValueType][])]);
}

/** What is known of a graph's tensors with each of the two guesses. */
interface GuessedValues {
  readonly graph: Graph;
  readonly feeds: ReadonlyMap<string, KnownValue>;
  readonly values: ReadonlyMap<string, KnownValue>;
  readonly otherValues: ReadonlyMap<string, KnownValue>;
}

/** Operators that take any leading dim of their first input. */
const batched = new Set([
  'Conv',
  'ConvTranspose',
  'MaxPool',
  'AveragePool',
  'GlobalMaxPool',
  'GlobalAveragePool',
  'BatchNormalization',
]);

/**
 * The error to report for a node that cannot be inferred: SHAPE_UNKNOWN where the guess may be the cause, else `error` itself.
 */
export function orUnknownShape(
  error: GdwsError,
  node: NodeProto,
  { graph, feeds, values, otherValues }: GuessedValues,
): GdwsError {
  if (error.code !== 'SHAPE_MISMATCH' && error.code !== 'MODEL_INVALID') return error;
  const isBatched = isStandardDomain(node.domain) && batched.has(node.opType);
  const rests = node.input.some((name, index) => {
    if (name === '') return false;
    return !isAlike(values.get(name), otherValues.get(name), isBatched && index === 0 ? 1 : 0);
  });
  if (!rests) return error;
  const tensor = guessedInputs(graph, feeds)[0]!;
  return new GdwsError('SHAPE_UNKNOWN', 'the leading dim of this input is open, and cannot be 1.', {
    ...placeOf(node),
    tensor,
    shape: graph.declared(tensor)?.dims?.map((dim) => dim ?? '?'),
    remedy: 'Give it: inputShapes in the API, --shape on the command line.',
    cause: error,
  });
}

/** Whether both are the same except in the first `free` dims. */
function isAlike(one: KnownValue | undefined, other: KnownValue | undefined, free: number): boolean {
  if (!one || !other || one.dims.length !== other.dims.length) return false;
  if (one.dims.some((dim, axis) => axis >= free && dim !== other.dims[axis])) return false;
  return String(one.constant?.data) === String(other.constant?.data);
}
