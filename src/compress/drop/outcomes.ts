import type { ImageSet } from '../../data/image-set';
import { naturalOutcomes } from '../../robustness/natural';
import type { Normalization } from '../../robustness/normalized';
import { openClassifier, openLogitsClassifier } from '../../robustness/open-classifier';
import { LogitQueries } from '../../robustness/queries';
import type { AttackSettings } from '../../robustness/settings';
import { checkSquareQueries, isMasked, squareBeside, thorough, type WayReport } from '../../robustness/ways';
import { attackOne, withstand } from '../../robustness/withstand';
import { predictionsOf, unchanged, type Predictions } from './predictions';

/** 1 for each image that a classifier gets right. */
export interface Outcomes {
  readonly natural: Uint8Array;
  /** In all ways that the network must withstand, if there is an attack. */
  readonly robust?: Uint8Array;
  /** Each of these ways alone. */
  readonly ways?: readonly WayReport[];
  /** The images that the attack itself made of all. */
  readonly images?: Float32Array;
  /** Where `comparesOutputs`, what the network gives. */
  readonly predictions?: Predictions;
}

export interface OutcomeOptions {
  /** Whether outputs are compared with the dense network's, which are right, and not classes with labels (default false). */
  readonly comparesOutputs?: boolean;
  readonly normalization?: Normalization;
  readonly attack?: AttackSettings;
  /** Of the attack square, where quantized networks are among those compared. */
  readonly squareQueries?: number;
  readonly threads?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** The networks that one is compared with. */
export interface ComparedWith {
  /** Whether quantized ones are among them (default false): all must withstand the attack square then. */
  readonly hasQuantized?: boolean;
  /** The outcomes of the dense network in floats on the same images; absent where these are its own. */
  readonly dense?: Outcomes;
}

/** @throws GdwsError ARGUMENT_INVALID for queries of a square that is not added */
export function checkOutcomeOptions({ attack, squareQueries }: OutcomeOptions, { hasQuantized }: ComparedWith): void {
  const squares = attack && hasQuantized ? squareBeside(attack, squareQueries) : [];
  checkSquareQueries(squareQueries, squares, attack);
}

/**
 * Runs a model on labelled images, plainly and under attack. Rounding hides gradients: a quantized model must also withstand the
 * images made on the dense network, and, as all others that it is compared with, the attack square.
 *
 * @throws GdwsError what a model that cannot be run or attacked throws
 */
export async function outcomesOf(
  model: string | Uint8Array,
  images: ImageSet,
  { comparesOutputs, normalization, attack: settings, squareQueries, threads, seed, signal }: OutcomeOptions,
  { hasQuantized = false, dense }: ComparedWith = {},
): Promise<Outcomes> {
  if (comparesOutputs) {
    const predictions = await predictionsOf(model, images, { normalization, threads, signal });
    return { natural: unchanged(dense?.predictions ?? predictions, predictions), predictions };
  }
  const pixels = images.batch(0, images.length).images.data as Float32Array;
  if (settings) {
    const { classifier, release } = await openClassifier(model, images.dims, { normalization, threads });
    try {
      const on = { images: pixels, labels: images.labels };
      const candidate = { name: 'candidate', classifier };
      const options = { seed, signal };
      const isSource = hasQuantized && !dense;
      const own = await attackOne(candidate, on, isSource ? thorough(settings) : settings, options);
      const further = {
        made: dense && isMasked(classifier, settings) ? [{ name: 'dense', images: dense.images! }] : [],
        squares: hasQuantized ? squareBeside(settings, squareQueries) : [],
      };
      const { correct, standing, ways } = await withstand(candidate, own, further, on, settings, options);
      return { natural: correct, robust: standing, ways, images: own.images };
    } finally {
      await release();
    }
  }
  const { classifier, release } = await openLogitsClassifier(model, images.dims, { normalization, threads });
  try {
    return { natural: await naturalOutcomes(new LogitQueries(classifier, 32, signal), pixels, images.labels) };
  } finally {
    await release();
  }
}
