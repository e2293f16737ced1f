import { isMessage } from '@bufbuild/protobuf';
import { InferenceSession } from '../engine/session';
import { GradientSession } from '../gradient/gradient-session';
import { ModelProtoSchema, type ModelProto } from '../onnx/onnx_pb';
import type { Classifier, LogitsClassifier } from './classifier';
import { normalized, normalizedLogits, type Normalization } from './normalized';
import { logitsClassifier, sessionClassifier } from './session-classifier';

/** A classifier with a session of its own. */
export interface OpenClassifier<Kind extends LogitsClassifier = Classifier> {
  readonly classifier: Kind;
  readonly release: () => Promise<void>;
}

interface OpeningOptions {
  readonly normalization?: Normalization;
  readonly threads?: number;
}

/**
 * Opens a model, which must not be modified while it is in use, as a classifier of images from 0 to 1.
 *
 * @param imageDims (C, H, W) of the images
 * @throws {GdwsError} what `GradientSession.create` and {@link sessionClassifier} throw
 */
export async function openClassifier(
  model: string | Uint8Array | ModelProto,
  imageDims: readonly number[],
  { normalization, threads }: OpeningOptions,
): Promise<OpenClassifier> {
  const options = { intraOpNumThreads: threads };
  const session = await (isMessage(model, ModelProtoSchema)
    ? GradientSession.of(model, options)
    : GradientSession.create(model, options));
  return classifierOf(session, imageDims, normalization);
}

/**
 * As {@link openClassifier}, of a session, which is released where it takes no such images.
 *
 * @throws {GdwsError} what {@link sessionClassifier} throws
 */
export async function classifierOf(
  session: GradientSession,
  imageDims: readonly number[],
  normalization?: Normalization,
): Promise<OpenClassifier> {
  try {
    const plain = await sessionClassifier(session, imageDims);
    const classifier = normalization ? normalized(plain, normalization) : plain;
    return { classifier, release: () => session.release() };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/**
 * As {@link openClassifier}, without gradients.
 *
 * @throws {GdwsError} what `InferenceSession.create` and {@link logitsClassifier} throw
 */
export async function openLogitsClassifier(
  model: string | Uint8Array,
  imageDims: readonly number[],
  { normalization, threads }: OpeningOptions,
): Promise<OpenClassifier<LogitsClassifier>> {
  // Kernels chosen by time have rounding errors that depend on the machine; results must be reproducible.
  const session = await InferenceSession.create(model as Uint8Array, { intraOpNumThreads: threads, tuning: 'off' });
  try {
    const plain = await logitsClassifier(session, imageDims);
    const classifier = normalization ? normalizedLogits(plain, normalization) : plain;
    return { classifier, release: () => session.release() };
  } catch (error) {
    await session.release();
    throw error;
  }
}
