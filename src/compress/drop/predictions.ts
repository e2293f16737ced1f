import { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../../base/errors';
import { ImageSet } from '../../data/image-set';
import { InferenceSession } from '../../engine/session';
import { isFloat, toFloat32 } from '../../onnx/floats';
import type { Constant, DataType } from '../../onnx/value';
import { predictedClass } from '../../robustness/classifier';
import { normalizer, type Normalization } from '../../robustness/normalized';

export interface PredictionOptions {
  readonly normalization?: Normalization;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** What a network gives for each image: the first output, and its dims without those of the batch. */
export interface Predictions {
  readonly outputs: readonly Float32Array[];
  readonly dims: readonly number[];
}

/**
 * Where an output that is no row of logits differs by more than this from the dense network's, the image counts as lost: root mean
 * square of the difference, of the deviation of what the dense network gives (of single numbers, over all images).
 */
export const mostChange = 0.1;

/**
 * Runs a network on images.
 *
 * @throws GdwsError ARGUMENT_INVALID where it has more than one input, TYPE_MISMATCH where the first output is not of floats,
 *   ABORTED, and what a run throws
 */
export async function predictionsOf(
  model: string | Uint8Array,
  images: ImageSet,
  { normalization, threads, signal }: PredictionOptions,
): Promise<Predictions> {
  const normalize = normalization ? normalizer(images.dims, normalization) : (pixels: Float32Array) => pixels;
  // Kernels chosen by time have rounding errors that depend on the machine; results must be reproducible.
  const session = await InferenceSession.create(model as Uint8Array, { intraOpNumThreads: threads, tuning: 'off' });
  try {
    const [input, ...others] = session.inputNames;
    const [output] = session.outputNames;
    if (input === undefined || output === undefined || others.length > 0) {
      throw new GdwsError('ARGUMENT_INVALID', `the model has ${session.inputNames.length} inputs.`, {
        remedy: 'Images need a model of one. Name a budget instead: macs, params, latency or fps.',
      });
    }
    const outputs: Float32Array[] = [];
    let dims: readonly number[] = [];
    for (const { images: batch } of images.batches(1)) {
      const feed = new Tensor('float32', normalize(batch.data as Float32Array), batch.dims);
      const result = (await session.run({ [input]: feed }, [output], { signal }))[output] as Tensor;
      if (!isFloat(result.type as DataType)) {
        throw new GdwsError('TYPE_MISMATCH', `the output is of ${result.type}, not of floats.`, {
          tensor: output,
          remedy: 'Name a budget instead: macs, params, latency or fps.',
        });
      }
      outputs.push(Float32Array.from(toFloat32(result as unknown as Constant)));
      dims = result.dims.slice(1);
    }
    return { outputs, dims };
  } finally {
    await session.release();
  }
}

/** The images with the classes that a classifier gives them as their labels; `undefined` for outputs that are no rows of logits. */
export function labelledBy({ outputs, dims }: Predictions, images: ImageSet): ImageSet | undefined {
  if (dims.length !== 1 || dims[0]! < 2) return undefined;
  return new ImageSet(images.dims, images.pixels, outputs.map(predictedClass));
}

/** 1 for each output that differs by no more than {@link mostChange} from the dense network's. */
export function unchanged(dense: Predictions, other: Predictions): Uint8Array {
  // A single number an image has a deviation over the images only.
  const ofAll = dense.outputs[0]?.length === 1 ? varianceOf(dense.outputs.map(([value]) => value!)) : undefined;
  return Uint8Array.from(dense.outputs, (expected, image) => {
    const given = other.outputs[image]!;
    if (given.length !== expected.length) return 0;
    const error = meanOf(expected.map((value, at) => (given[at]! - value) ** 2));
    return error <= mostChange ** 2 * (ofAll ?? varianceOf(expected)) ? 1 : 0;
  });
}

function varianceOf(values: ArrayLike<number>): number {
  const mean = meanOf(values);
  return meanOf(Array.from(values, (value) => (value - mean) ** 2));
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; ++at) sum += values[at]!;
  return sum / values.length;
}
