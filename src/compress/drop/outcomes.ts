import type { ImageSet } from '../../data/image-set';
import { attack } from '../../robustness/attack';
import { naturalOutcomes } from '../../robustness/natural';
import type { Normalization } from '../../robustness/normalized';
import { openClassifier, openLogitsClassifier } from '../../robustness/open-classifier';
import { LogitQueries } from '../../robustness/queries';
import type { AttackSettings } from '../../robustness/settings';

/** 1 for each image that a classifier gets right. */
export interface Outcomes {
  readonly natural: Uint8Array;
  /** Under the attack, if there is one. */
  readonly robust?: Uint8Array;
}

export interface OutcomeOptions {
  readonly normalization?: Normalization;
  readonly attack?: AttackSettings;
  readonly threads?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs a model on labelled images, plainly and under attack.
 *
 * @throws GdwsError what a model that cannot be run or attacked throws
 */
export async function outcomesOf(
  model: string | Uint8Array,
  images: ImageSet,
  { normalization, attack: settings, threads, seed, signal }: OutcomeOptions,
): Promise<Outcomes> {
  const pixels = images.batch(0, images.length).images.data as Float32Array;
  if (settings) {
    const { classifier, release } = await openClassifier(model, images.dims, { normalization, threads });
    try {
      const { correct, standing } = await attack(classifier, pixels, images.labels, settings, { seed, signal });
      return { natural: correct, robust: standing };
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
