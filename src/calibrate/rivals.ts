import { GdwsError } from '../base/errors';

/** A class other than the image's predicted one. */
export interface Rival {
  readonly class: number;
  /** z_ŷ - z_j, above 0. */
  readonly margin: number;
}

/** The terms of equation 8 for one image. */
export interface Rivalry {
  /** ŷ, the class of the largest logit, the first of equal ones. */
  readonly top: number;
  /** The others whose logits do not tie with the largest, by descending logit. */
  readonly rivals: readonly Rival[];
  /** Those that tie. */
  readonly ties: number;
}

/**
 * The largest margin, as a share of the image's largest |logit|, that counts as a tie: 64 units in the last place of single
 * precision, about the rounding error of a deep network's logits.
 */
export const defaultTieTolerance = 2 ** -17;

/**
 * The terms of equation 8 for the logits of one image.
 *
 * @param logits finite numbers, two at least
 * @param most the number of other classes that count, those of the largest logits
 * @param tieTolerance margins up to this share of the largest |logit| are ties
 */
export function rivalryOf(logits: Float32Array, most: number, tieTolerance: number): Rivalry {
  let top = 0;
  let scale = 0;
  logits.forEach((logit, index) => {
    if (logit > logits[top]!) top = index;
    scale = Math.max(scale, Math.abs(logit));
  });
  const others = Array.from(logits, (logit, index) => ({ class: index, margin: logits[top]! - logit }))
    .filter((rival) => rival.class !== top)
    .sort((a, b) => a.margin - b.margin)
    .slice(0, most);
  const rivals = others.filter(({ margin }) => margin > tieTolerance * scale);
  return { top, rivals, ties: others.length - rivals.length };
}

/**
 * The terms of equation 8 for the logits (images, classes) of some images; `firstImage` is the number of the first.
 *
 * @throws GdwsError ARGUMENT_INVALID where a logit is no number
 */
export function rivalriesOf(
  logits: Float32Array,
  classes: number,
  firstImage: number,
  most: number,
  tieTolerance: number,
): Rivalry[] {
  return Array.from({ length: logits.length / classes }, (_, image) => {
    const own = logits.subarray(image * classes, (image + 1) * classes);
    if (own.every(Number.isFinite)) return rivalryOf(own, most, tieTolerance);
    throw new GdwsError('ARGUMENT_INVALID', `the logits of image ${firstImage + image} are not finite.`);
  });
}

/** For each image the derivative of z_ŷ - z_j, j its rival of this rank; zeros where it has none. Rows as the logits. */
export function marginCotangent(rivalries: readonly Rivalry[], rank: number, classes: number): Float32Array {
  const cotangent = new Float32Array(rivalries.length * classes);
  rivalries.forEach(({ top, rivals }, image) => {
    const rival = rivals[rank];
    if (!rival) return;
    cotangent[image * classes + top] = 1;
    cotangent[image * classes + rival.class] = -1;
  });
  return cotangent;
}
