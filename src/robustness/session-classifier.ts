import { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import { roundFeed } from '../engine/feeds';
import type { InferenceSession } from '../engine/session';
import type { GradientSession } from '../gradient/gradient-session';
import { isFloat, toFloat32 } from '../onnx/floats';
import type { Constant, DataType } from '../onnx/value';
import type { Classifier, LogitsClassifier } from './classifier';

/**
 * The classifier of a session. Logits of a quantized network are those of its integers, also where gradients are asked for.
 *
 * @param imageDims (C, H, W) of the images
 * @throws {GdwsError} SHAPE_MISMATCH and others where the model does not take such images; ARGUMENT_INVALID where it has more
 *   than one input
 */
export async function sessionClassifier(session: GradientSession, imageDims: readonly number[]): Promise<Classifier> {
  const { name, feeds, blank } = inputOf(session, imageDims);
  // A model that does not take these images fails here; the run also determines the number of classes of an open shape.
  await session.logits(blank);
  return {
    classes: session.classes,
    imageDims,
    quantized: session.quantized,
    // The model took one image above: a declared batch size is 1.
    mostImages: session.batch,
    async logits(images, count) {
      return (await session.logits(feeds(images, count))).data as Float32Array;
    },
    async gradient(images, count, cotangent) {
      const given = feeds(images, count);
      // What breaks a quantized network must break it in integers, not only in the forward run of its gradient.
      const integers = session.quantized ? ((await session.logits(given)).data as Float32Array) : undefined;
      const { logits, inputs } = await session.gradient(given, (own) => cotangent(integers ?? own));
      return { logits: integers ?? (logits.data as Float32Array), gradient: inputs[name]!.data as Float32Array };
    },
  };
}

/**
 * The classifier of a session, without gradients: for all models that the engine runs. Its logits are the first output.
 *
 * @param imageDims (C, H, W) of the images
 * @throws {GdwsError} SHAPE_MISMATCH and others where the model does not take such images, or gives no row of logits for each;
 *   ARGUMENT_INVALID where it has more than one input
 */
export async function logitsClassifier(
  session: InferenceSession,
  imageDims: readonly number[],
): Promise<LogitsClassifier> {
  const { feeds, blank } = inputOf(session, imageDims);
  const output = session.outputNames[0]!;
  const logitsOf = async (given: Record<string, Tensor>) => (await session.run(given, [output]))[output] as Tensor;
  const { type, dims } = await logitsOf(blank);
  if (!isFloat(type as DataType) || dims.length !== 2 || dims[0] !== 1 || dims[1]! < 1) {
    throw new GdwsError('SHAPE_MISMATCH', 'the output is not one row of logits an image.', {
      tensor: output,
      shape: [...dims],
      remedy: 'A classifier has an output of floats (images, classes).',
    });
  }
  const [input] = session.inputMetadata;
  return {
    classes: dims[1]!,
    imageDims,
    // The model took one image above: a declared batch size is 1.
    mostImages: input?.isTensor && typeof input.shape[0] === 'number' ? input.shape[0] : undefined,
    logits: async (images, count) => toFloat32((await logitsOf(feeds(images, count))) as unknown as Constant),
  };
}

/** A function that makes feeds of images, and the feeds of one image of zeros. */
function inputOf(
  { inputNames, inputMetadata }: Pick<InferenceSession, 'inputNames' | 'inputMetadata'>,
  imageDims: readonly number[],
) {
  const [name, ...others] = inputNames;
  if (name === undefined || others.length > 0) {
    throw new GdwsError('ARGUMENT_INVALID', `the model has ${inputNames.length} inputs.`, {
      remedy: 'A classifier of images has one.',
    });
  }
  const [metadata] = inputMetadata;
  const type = metadata?.isTensor ? (metadata.type as DataType) : undefined;
  const feeds = (images: Float32Array, count: number) => ({
    [name]: roundFeed(new Tensor('float32', images, [count, ...imageDims]), type),
  });
  return { name, feeds, blank: feeds(new Float32Array(imageDims.reduce((product, dim) => product * dim, 1)), 1) };
}
