import { GdwsError } from '../errors';
import type { CompressOptions } from '../gdws/options';
import type { Normalization } from '../robustness/normalized';
import type { AttackSettings } from '../robustness/settings';

/** How far {@link weightErrors} is. */
export interface WeightErrorProgress {
  /** Images that are done with, of how many. */
  readonly done: number;
  readonly total: number;
  /** Whether images are being perturbed or gradients taken. */
  readonly step: 'attack' | 'gradients';
  /** Estimated; absent until there is something to go by. */
  readonly secondsLeft?: number;
}

/** How weight-error vectors are measured. Which layers are measured is said as it is to `compress`. */
export interface WeightErrorOptions extends Pick<CompressOptions, 'include' | 'exclude' | 'firstLayer'> {
  /** Perturbs the images first, without stopping at the first success unless `earlyStop` says so; clean images by default. */
  readonly attack?: AttackSettings;
  /** What the network expects of images beyond [0, 1]. */
  readonly normalization?: Normalization;
  /** Only this many other classes count, those of the largest logits (default: all). */
  readonly rivals?: number;
  /** Margins up to this share of an image's largest |logit| are ties, and left out (default 2⁻¹⁷). */
  readonly tieTolerance?: number;
  /** Images at once; changes only the time and memory it takes. By default what the caches hold, 8 at most; 32 of an attack. */
  readonly batchSize?: number;
  /** By default all the processors that this process may use. */
  readonly threads?: number;
  /** Of the attack's random starts (default 0). */
  readonly seed?: number;
  /** Stops before the next pass through the network with code ABORTED. */
  readonly signal?: AbortSignal;
  /** Called after every pass. */
  onProgress?(progress: WeightErrorProgress): void;
}

/** @throws GdwsError ARGUMENT_INVALID for numbers that make no sense */
export function checkOptions({ rivals, tieTolerance, batchSize, seed }: WeightErrorOptions): void {
  for (const [name, value, least] of [
    ['rivals', rivals, 1],
    ['batchSize', batchSize, 1],
    ['seed', seed, 0],
  ] as const) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= least)) continue;
    throw new GdwsError('ARGUMENT_INVALID', `${name} is ${value}.`, { remedy: `Give an integer from ${least} on.` });
  }
  if (tieTolerance !== undefined && !(tieTolerance >= 0 && tieTolerance < 1)) {
    throw new GdwsError('ARGUMENT_INVALID', `tieTolerance is ${tieTolerance}.`, {
      remedy: 'Give a share from 0 to below 1.',
    });
  }
}
