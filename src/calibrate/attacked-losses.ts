import type { ImageSet } from '../data/image-set';
import type { Layer } from '../gdws/layers';
import type { Stages } from '../gdws/stages';
import type { ModelProto } from '../onnx/onnx_pb';
import type { AttackSettings } from '../robustness/settings';
import { adversarialImages, withClassifier, type AdversarialOptions, type OpenOptions } from './adversarial-images';
import { divergence } from './divergence';
import { logitsOf } from './logits';

/** Loss of a network of which one layer keeps `steps` steps, and all others are dense. */
export interface MeasuredLoss {
  readonly steps: number;
  /** Mean Kullback-Leibler divergence of the prediction from the dense network's, in nats. */
  readonly loss: number;
}

/** The dense network, and a way to replace layers of it. */
interface AttackedNetworks {
  readonly dense: ModelProto;
  /** The stages of each layer to replace. */
  readonly replaced: ReadonlyMap<Layer, Stages>;
  /** The network with given stages. */
  readonly compressed: (stages: ReadonlyMap<Layer, Stages>) => ModelProto;
}

/**
 * The loss under attack that replacing each layer alone causes. The attack is made on the network with that one layer replaced:
 * images made against the dense network do not show what the layer lost.
 *
 * @param images with the classes that the dense network predicts
 */
export async function attackedLosses(
  { dense, replaced, compressed }: AttackedNetworks,
  images: ImageSet,
  attack: AttackSettings,
  options: AdversarialOptions & OpenOptions,
): Promise<Map<Layer, number>> {
  const losses = new Map<Layer, number>();
  const { normalization, threads, declaredBatch } = options;
  const open = { normalization, threads };
  const attackOptions = { ...options, onProgress: undefined };
  return withClassifier(dense, images.dims, open, async (whole) => {
    for (const [layer, stages] of replaced) {
      const model = compressed(new Map([[layer, stages]]));
      const [attacked, found] = await withClassifier(model, images.dims, open, async (own) => {
        const made = await adversarialImages(own, images, attack, attackOptions);
        return [made, await logitsOf(own, made, declaredBatch)];
      });
      const prediction = { kind: 'logits', classes: whole.classes, inner: 1 } as const;
      losses.set(layer, divergence(prediction, await logitsOf(whole, attacked, declaredBatch), found));
      options.onProgress?.(losses.size, replaced.size);
    }
    return losses;
  });
}

/**
 * Losses after every number of steps, interpolated from the measured ones by a power of the errors.
 *
 * @param errors e² after n steps; non-increasing
 */
export function lossesAlong(errors: Float64Array, measured: readonly MeasuredLoss[]): Float64Array {
  const known = measured
    .map(({ steps, loss }) => ({ error: Math.log(errors[steps]!), loss: Math.log(Math.max(loss, leastLoss)) }))
    .filter(({ error }) => Number.isFinite(error));
  if (known.length === 0) return errors;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [error, loss] = [mean(known.map((one) => one.error)), mean(known.map((one) => one.loss))];
  const spread = known.reduce((sum, one) => sum + (one.error - error) ** 2, 0);
  const slope = known.reduce((sum, one) => sum + (one.error - error) * (one.loss - loss), 0) / spread;
  // At least 1, so that losses stay convex; far steeper slopes are noise.
  const power = spread > 0 ? Math.min(steepest, Math.max(1, slope)) : 1;
  return errors.map((one) => (one > 0 ? Math.exp(loss + power * (Math.log(one) - error)) : 0));
}

/** In nats; smaller losses are rounding errors. */
const leastLoss = 1e-9;

const steepest = 3;
