import { GradientSession } from '../gradient-session';
import type { Classifier } from './classifier';
import { normalized, type Normalization } from './normalized';
import { sessionClassifier } from './session-classifier';

/** A classifier with a session of its own. */
export interface OpenClassifier {
  readonly classifier: Classifier;
  readonly release: () => Promise<void>;
}

/**
 * The classifier that a model is, of images from 0 to 1.
 *
 * @param imageDims (C, H, W) of the images
 * @throws {GdwsError} what `GradientSession.create` and {@link sessionClassifier} throw
 */
export async function openClassifier(
  model: string | Uint8Array,
  imageDims: readonly number[],
  { normalization, threads }: { readonly normalization?: Normalization; readonly threads?: number },
): Promise<OpenClassifier> {
  const session = await GradientSession.create(model, { intraOpNumThreads: threads });
  try {
    const plain = await sessionClassifier(session, imageDims);
    const classifier = normalization ? normalized(plain, normalization) : plain;
    return { classifier, release: () => session.release() };
  } catch (error) {
    await session.release();
    throw error;
  }
}
