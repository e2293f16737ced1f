import { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../errors';
import type { GradientSession } from '../gradient-session';
import type { Classifier } from './classifier';

/**
 * The classifier that a session runs.
 *
 * @param imageDims (C, H, W) of the images
 * @throws {GdwsError} SHAPE_MISMATCH and others where the model does not take such images; ARGUMENT_INVALID where it has more
 *   than one input
 */
export async function sessionClassifier(session: GradientSession, imageDims: readonly number[]): Promise<Classifier> {
  const [name, ...others] = session.inputNames;
  if (name === undefined || others.length > 0) {
    throw new GdwsError('ARGUMENT_INVALID', `the model has ${session.inputNames.length} inputs.`, {
      remedy: 'A classifier of images has one.',
    });
  }
  const feeds = (images: Float32Array, count: number) => ({
    // Rounded by the session where the model takes another floating-point type.
    [name]: new Tensor('float32', images, [count, ...imageDims]),
  });
  // A model that does not take these images fails here, and one of open shape says how many classes it has.
  await session.logits(feeds(new Float32Array(imageDims.reduce((product, dim) => product * dim, 1)), 1));
  return {
    classes: session.classes,
    imageDims,
    // One image was taken above: a number that the model declares is 1.
    mostImages: session.batch,
    async logits(images, count) {
      return (await session.logits(feeds(images, count))).data as Float32Array;
    },
    async gradient(images, count, cotangent) {
      const { logits, inputs } = await session.gradient(feeds(images, count), cotangent);
      return { logits: logits.data as Float32Array, gradient: inputs[name]!.data as Float32Array };
    },
  };
}
