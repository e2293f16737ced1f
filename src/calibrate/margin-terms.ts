import { GdwsError } from '../base/errors';
import type { ChannelGradients } from './channel-gradients';
import type { ChannelSums } from './channel-sums';
import type { WeightErrorOptions } from './options';
import { defaultTieTolerance, marginCotangent, rivalriesOf } from './rivals';

/** The contribution of some images to the sums. */
export interface MarginTerms {
  readonly sums: ChannelSums;
  readonly ties: number;
}

/** Images of one batch. */
interface ImageBatch {
  /** (images, C, H, W), as the model takes them. */
  readonly pixels: Float32Array;
  /** Number of the first image. */
  readonly first: number;
}

/**
 * The terms of equation 8 for some images: one forward run, and a backward run for each rank of rival.
 *
 * @param sums empty
 * @param onRun called after each backward run with its share of the work
 */
export async function marginTerms(
  gradients: ChannelGradients,
  { pixels, first }: ImageBatch,
  sums: ChannelSums,
  { rivals = Infinity, tieTolerance = defaultTieTolerance, signal }: WeightErrorOptions,
  onRun: (share: number) => void,
): Promise<MarginTerms> {
  throwIfAborted(signal);
  const forward = await gradients.forward(pixels);
  try {
    const rivalries = rivalriesOf(forward.logits, gradients.classes, first, rivals, tieTolerance);
    const ranks = Math.max(...rivalries.map((rivalry) => rivalry.rivals.length));
    for (let rank = 0; rank < ranks; ++rank) {
      throwIfAborted(signal);
      const norms = await forward.backward(marginCotangent(rivalries, rank, gradients.classes));
      sums.add(
        norms,
        rivalries.map((rivalry) => rivalry.rivals[rank]?.margin),
      );
      onRun(1 / ranks);
    }
    return { sums, ties: rivalries.reduce((sum, { ties }) => sum + ties, 0) };
  } finally {
    forward.release();
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new GdwsError('ABORTED', 'the measurement was aborted.', { cause: signal.reason });
  }
}
