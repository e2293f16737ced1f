import type { ImageSet } from '../data/image-set';
import { attack } from '../robustness/attack';
import { predictedClass } from '../robustness/classifier';
import type { Normalization } from '../robustness/normalized';
import { openClassifier } from '../robustness/open-classifier';
import { Queries, rows } from '../robustness/queries';
import type { AttackSettings } from '../robustness/settings';

/** What a classifier gets right: 1 for each such image. */
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
  const { classifier, release } = await openClassifier(model, images.dims, { normalization, threads });
  try {
    const pixels = images.batch(0, images.length).images.data as Float32Array;
    if (settings) {
      const { correct, standing } = await attack(classifier, pixels, images.labels, settings, { seed, signal });
      return { natural: correct, robust: standing };
    }
    const queries = new Queries(classifier, 32, signal);
    const logits = await queries.logits(rows(pixels, pixels.length / images.length));
    return { natural: Uint8Array.from(logits, (row, image) => (predictedClass(row) === images.labels[image] ? 1 : 0)) };
  } finally {
    await release();
  }
}
