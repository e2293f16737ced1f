import type { ImageSet } from '../data/image-set';
import type { Layer } from '../gdws/layers';
import type { Stages } from '../gdws/stages';
import { GradientSession } from '../gradient/gradient-session';
import type { ProgramEdit } from '../gradient/network';
import type { ModelProto } from '../onnx/onnx_pb';
import type { AttackSettings } from '../robustness/settings';
import type { Classifier } from '../robustness/classifier';
import { classifierOf } from '../robustness/open-classifier';
import { adversarialImages, type AdversarialOptions, type OpenOptions } from './adversarial-images';
import { divergence } from './divergence';
import { imagesAtOnce, logitsOf } from './logits';
import { replacedOperations } from './replaced-operations';

/** Loss of a network of which one layer keeps `steps` steps, and all others are dense. */
export interface MeasuredLoss {
  readonly steps: number;
  /** Mean Kullback-Leibler divergence of the prediction from the dense network's, in nats. */
  readonly loss: number;
}

/**
 * The loss under attack that replacing each layer alone causes. The attack is made on the network with that one layer replaced:
 * images made against the dense network do not show what the layer lost.
 *
 * @param replaced the stages of each layer to replace
 * @param images with the classes that the dense network predicts
 */
export async function attackedLosses(
  dense: ModelProto,
  replaced: ReadonlyMap<Layer, Stages>,
  images: ImageSet,
  attack: AttackSettings,
  options: AdversarialOptions & OpenOptions,
): Promise<Map<Layer, number>> {
  const losses = new Map<Layer, number>();
  const { normalization, threads, declaredBatch } = options;
  const attackOptions = { ...options, onProgress: undefined };
  const session = await GradientSession.of(dense, { intraOpNumThreads: threads });
  const withEdited = async <Result>(edit: ProgramEdit, use: (classifier: Classifier) => Promise<Result>) => {
    const { classifier, release } = await classifierOf(session.edited(edit), images.dims, normalization);
    try {
      return await use(classifier);
    } finally {
      await release();
    }
  };
  const unchanged = () => undefined;
  return withEdited(unchanged, async (whole) => {
    // The programs of the dense network keep its packed weights for those of the others, which have all of them but one.
    const [first] = images.batches(declaredBatch ?? imagesAtOnce);
    const cotangent = (logits: Float32Array) => new Float32Array(logits.length);
    await whole.gradient(first!.images.data as Float32Array, first!.labels.length, cotangent);
    for (const [layer, stages] of replaced) {
      const [attacked, found] = await withEdited(replacing(layer, stages), async (own) => {
        const made = await adversarialImages(own, images, attack, attackOptions);
        return [made, await logitsOf(own, made, declaredBatch)];
      });
      const prediction = { kind: 'logits', classes: whole.classes, inner: 1 } as const;
      losses.set(layer, divergence(prediction, await logitsOf(whole, attacked, declaredBatch), found));
      options.onProgress?.(losses.size, replaced.size);
    }
    return losses;
  }).finally(() => session.release());
}

/** Replaces a layer by its stages. */
function replacing(layer: Layer, stages: Stages): ProgramEdit {
  return ({ program, constants, pool }) => {
    const replacements = replacedOperations({ program, constants }, pool, layer, stages);
    program.operations = program.operations.map((operation) => replacements.get(operation) ?? operation);
  };
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
