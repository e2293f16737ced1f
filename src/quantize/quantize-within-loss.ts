import { native } from '../addon/native';
import { divergence, information } from '../calibrate/divergence';
import type { CalibrationImages } from '../calibrate/images';
import { Graph } from '../graph/graph';
import type { ModelProto } from '../onnx/onnx_pb';
import { ConstantPool } from '../program/constant-pool';
import { PredictionRuns } from './prediction-runs';
import { quantize, type Quantized, type QuantizeOptions } from './quantize';
import { excluding, type ChosenReason } from './quantized-nodes';
import { roundingLosses, type RoundedPart } from './rounding-losses';

/** A quantized network, and what its rounding loses. */
export interface QuantizedWithinLoss extends Quantized {
  /**
   * The share of what the predictions tell about the images that is lost beyond what the network in floats loses: see
   * {@link lostBy}. Absent where the network's first output is not one of each image.
   */
  readonly loss?: number;
}

export interface LossLimit {
  /** The most that the loss may be, 0 to 1; 1 is no limit. */
  readonly maxLoss: number;
}

/** Images that losses are measured on; the rounding of each product alone on fewer. */
const imagesOfLoss = 64;
export const imagesOfParts = 32;

/** Each quantizes the network anew; after them, all products stay in floats. */
const mostRounds = 4;

/**
 * Quantizes a network, and where that loses too much, again with the products in floats whose rounding alone loses most: as few
 * as it takes, or all of them.
 *
 * @throws {GdwsError} as `quantize`
 */
export async function quantizeWithinLoss(
  dense: ModelProto,
  compressed: ModelProto,
  images: CalibrationImages,
  { maxLoss, ...options }: QuantizeOptions & LossLimit,
): Promise<QuantizedWithinLoss> {
  const keep = new Map<string, ChosenReason>(options.keep);
  const some = firstOf(images, imagesOfLoss);
  const attempt = async (): Promise<QuantizedWithinLoss> => {
    const quantized = await quantize(dense, compressed, images, { ...options, keep });
    return { ...quantized, loss: await lostBy(quantized.model, { dense, compressed }, some, options.threads) };
  };
  // Predictions that tell next to nothing may lose more than all of it.
  const isEnough = ({ loss }: QuantizedWithinLoss) => loss === undefined || loss <= maxLoss || maxLoss >= 1;
  let quantized = await attempt();
  if (isEnough(quantized)) return quantized;
  const parts = await partsByLoss(compressed, images, quantized, options);
  for (let round = 2, kept = 0; kept < parts.length; ++round) {
    // What helps in no round is not worth more of them: all in floats loses nothing.
    const more = round <= mostRounds ? keptWithin(parts, kept, maxLoss / quantized.loss!) : parts.length;
    for (const { products } of parts.slice(kept, more)) {
      for (const name of products) keep.set(name, 'rounding loses too much');
    }
    kept = more;
    quantized = await attempt();
    if (isEnough(quantized)) return quantized;
  }
  return quantized;
}

/**
 * How many of the parts are to be kept in floats, so that what the others lose is at most a share of what those lose that are in integers now.
 *
 * @param parts by loss, the largest first
 * @param kept how many are in floats now
 */
export function keptWithin(parts: readonly RoundedPart[], kept: number, share: number): number {
  const left = (from: number) => parts.slice(from).reduce((sum, { loss }) => sum + loss, 0);
  const most = share * left(kept);
  let more = kept + 1;
  while (more < parts.length && left(more) > most) ++more;
  return more;
}

async function partsByLoss(
  model: ModelProto,
  images: CalibrationImages,
  { products }: Quantized,
  { exclude, ...options }: QuantizeOptions,
): Promise<readonly RoundedPart[]> {
  const found = await roundingLosses(model, firstOf(images, imagesOfParts), {
    ...options,
    choice: excluding(exclude),
  });
  const inIntegers = new Set(products.map(({ node }) => node));
  return (found?.parts ?? [])
    .filter((part) => part.products.every((name) => inIntegers.has(name)))
    .sort((a, b) => b.loss - a.loss);
}

/** The first batches of images, of at most so many images but one batch at least. */
export function firstOf(images: CalibrationImages, most: number): CalibrationImages {
  const batches = Math.max(1, Math.floor(most / images.batchSize));
  return { ...images, count: Math.min(images.count, batches * images.batchSize) };
}

/**
 * By how much more a quantized network loses of what the dense network's predictions tell than the same network in floats does.
 *
 * @returns a share, at least 0; `undefined` where the first output is not one of each image, or tells nothing about them
 */
async function lostBy(
  quantized: ModelProto,
  { dense, compressed }: { readonly dense: ModelProto; readonly compressed: ModelProto },
  images: CalibrationImages,
  threads: number,
): Promise<number | undefined> {
  const runs = new PredictionRuns(images, { session: native().createSession(threads), pool: new ConstantPool() });
  const graph = new Graph(dense);
  const prediction = runs.prediction(graph);
  if (!prediction) return undefined;
  const expected = await runs.outputs(graph);
  const known = information(prediction, expected);
  if (!(known > 0)) return undefined;
  const lost = async (model: ModelProto) => divergence(prediction, expected, await runs.outputs(new Graph(model)));
  const ofFloats = compressed === dense ? 0 : await lost(compressed);
  return Math.max(0, (await lost(quantized)) - ofFloats) / known;
}
