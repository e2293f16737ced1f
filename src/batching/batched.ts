import { GdwsError } from '../base/errors';
import { checkOptions, integer, listOf, number, shapes, type OptionTable } from '../base/options';
import type { InputShapes } from '../engine/given-shapes';
import { InferenceSession } from '../engine/session';
import type { Batched } from './batched-model';
import { Batcher } from './batcher';
import { longestDelay, mostRows } from './bounds';
import { hasIndependentRows, withRows } from './independent-rows';

/** How {@link batched} gathers requests. */
export interface BatchingOptions {
  /** Rows that one run may have, and that one request may have: 16 by default. 1 gathers nothing. */
  readonly maxBatch?: number;
  /**
   * Milliseconds for which a run that is not full may wait, right after another, for those that were answered by that: 1 by default. With 0
   * it never waits. A single client never waits either.
   */
  readonly maxDelay?: number;
  /** Requests that may wait; further ones are refused with QUEUE_FULL. Default 256; with 0, whatever cannot run at once. Each holds a copy of its feeds. */
  readonly maxQueue?: number;
  /**
   * Dims of the inputs that requests will have, for each shape: programs for them are compiled ahead. The leading one is not read. Where the
   * model leaves no other dim open, they need not be given.
   */
  readonly shapes?: readonly InputShapes[];
}

const batchingOptions: OptionTable<BatchingOptions> = {
  maxBatch: integer(1, mostRows),
  maxDelay: number({ from: 0, to: longestDelay }),
  maxQueue: integer(0),
  shapes: listOf(shapes, 'an array of objects with the dims of inputs, as [{ input: [1, 3, 224, 224] }]'),
};

/**
 * Gathers the requests of a session: those that come while a run is under way become rows of the next one. Results are the same to the
 * rounding of kernels, and many clients get more of them in a second. docs/batching.md has the rules.
 *
 * Requests run together where they have the same types and dims beyond the leading one, and each row is what it would be alone. The latter
 * is tried here, with random rows; where it does not hold, or where the model leaves no leading dim open, `maxBatch` becomes 1.
 *
 * @param session which belongs to the result from now on, and is released with it
 * @example
 * const model = await batched(await InferenceSession.create('model.onnx'), { maxBatch: 16 });
 * const { results } = await model.request({ input: new Tensor('float32', pixels, [1, 3, 32, 32]) });
 * @throws GdwsError ARGUMENT_INVALID, SESSION_RELEASED, and what `prepare` and `run` may for the given shapes
 */
export function batched(session: InferenceSession, options: BatchingOptions = {}): Promise<Batched> {
  return openBatcher(session, options);
}

/** As {@link batched}. */
export async function openBatcher(session: InferenceSession, options: BatchingOptions): Promise<Batcher> {
  if (!(session instanceof InferenceSession)) {
    throw new GdwsError('ARGUMENT_INVALID', 'what is to be batched is no session.', {
      remedy: 'Give what InferenceSession.create of gdws made.',
    });
  }
  checkOptions(options, batchingOptions);
  const { maxBatch = 16, maxDelay = 1, maxQueue = 256, shapes: given = [] } = options;
  const gathers = await hasIndependentRows(session, given);
  await session.prepare(gathers ? shapesToPrepare(session, given, maxBatch) : given);
  return new Batcher(session, { maxBatch: gathers ? maxBatch : 1, maxDelay, maxQueue, gathers });
}

/** Of each shape one row, two, four, and so on: other sizes are compiled when they first occur, some milliseconds each. */
function* shapesToPrepare(
  { inputMetadata }: InferenceSession,
  given: readonly InputShapes[],
  maxBatch: number,
): Generator<InputShapes> {
  const declared = inputMetadata.flatMap((input) => (input.isTensor ? [[input.name, input.shape] as const] : []));
  const isKnown = declared.every(([, dims]) => dims.slice(1).every((dim) => typeof dim === 'number'));
  for (const shape of given.length > 0 || !isKnown ? given : [Object.fromEntries(declared) as InputShapes]) {
    for (let rows = 1; rows < maxBatch; rows *= 2) yield withRows(shape, rows);
    yield withRows(shape, maxBatch);
  }
}
