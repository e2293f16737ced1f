import type Sharp from 'sharp';
import type { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import { optionalPackage } from '../base/optional';
import { placedTensor } from '../data/image-tensor';
import { axesOf, recipeOfType, type PictureAxes } from '../data/picture-axes';
import { sizeIn } from '../data/preprocessing';
import type { Recipe } from '../data/recipe';
import { classesOf, topK } from '../data/top-k';
import type { DataType } from '../onnx/value';
import type { Classification } from '../protocol/messages';
import { grpcStatus, ProtocolError } from './failure';
import type { ServedModel } from './models/model-repository';

/** What pictures may be; the other formats of sharp are rarer, and their readers more. */
const formats = ['jpeg', 'png', 'webp'];

/** How pictures become the input of a model. */
interface PictureInput extends PictureAxes {
  readonly name: string;
  readonly type: 'float32' | 'float16' | 'float64' | 'uint8';
  readonly recipe: Recipe;
  readonly size: readonly [height: number, width: number];
}

/** @throws GdwsError ARGUMENT_INVALID where the model takes none */
export function pictureInputOf({ batched, recipe }: ServedModel): PictureInput {
  const refuse = (why: string, cause?: unknown) =>
    new GdwsError('ARGUMENT_INVALID', `the model takes no pictures: ${why}.`, {
      remedy: 'Send tensors, to infer.',
      cause,
    });
  const [input, ...others] = batched.inputMetadata;
  if (recipe === undefined || !input?.isTensor) throw refuse('it does not say what it expects of them');
  if (others.length > 0) throw refuse(`it has ${1 + others.length} inputs`);
  const type = input.type as DataType;
  if (type !== 'float32' && type !== 'float16' && type !== 'float64' && type !== 'uint8') {
    throw refuse(`its input is of ${type}`);
  }
  let axes: PictureAxes;
  try {
    axes = axesOf(input.shape, undefined);
  } catch (cause) {
    throw refuse('its input has other axes', cause);
  }
  const usual = sizeIn(recipe);
  const [height, width] = axes.extent.map((dim, axis) => (typeof dim === 'number' ? dim : usual?.[axis]));
  // Each size of pictures would be compiled for, and clients would say how large inputs are.
  if (height === undefined || width === undefined) throw refuse('it leaves their size open');
  return { ...axes, name: input.name, type, recipe: recipeOfType(recipe, type), size: [height, width] };
}

/**
 * The input of a model from a JPEG, PNG or WebP.
 *
 * @throws GdwsError DATA_UNREADABLE, DEPENDENCY_MISSING, ARGUMENT_INVALID
 * @throws ProtocolError 413, 415
 */
export async function readPicture(
  served: ServedModel,
  picture: Uint8Array,
  pixelLimit: number,
): Promise<Record<string, Tensor>> {
  const { name, type, recipe, size, layout, channels } = pictureInputOf(served);
  const { default: sharp } = await optionalPackage<{ default: typeof Sharp }>('sharp');
  // Reads the head alone: a few bytes may be a picture of very many pixels.
  const head = async () => sharp(picture).metadata();
  const { format, width, height } = await head().catch((cause: unknown) => {
    throw new GdwsError('DATA_UNREADABLE', 'the body is no picture.', { remedy: 'Send a JPEG, PNG or WebP.', cause });
  });
  if (!formats.includes(format)) {
    throw new ProtocolError(415, grpcStatus.invalidArgument, `pictures are JPEG, PNG or WebP, and this is ${format}.`);
  }
  if (width * height > pixelLimit) {
    throw new ProtocolError(413, grpcStatus.invalidArgument, `the picture has more than ${pixelLimit} pixels.`);
  }
  const { tensor } = await placedTensor(picture, { ...recipe, channels, layout, type }, () => size);
  const [input] = served.batched.inputMetadata;
  const axes = input?.isTensor ? input.shape.length : 4;
  return { [name]: tensor.reshape(tensor.dims.slice(-axes)) };
}

/**
 * The likeliest classes, by the first output that has classes.
 *
 * @throws GdwsError ARGUMENT_INVALID; CONFIG_INVALID where the labels of the model are of other classes
 */
export function classification(
  { name, version, labels, batched }: ServedModel,
  results: Readonly<Record<string, Tensor>>,
  top: number,
): Classification {
  const output = batched.outputMetadata.map((one) => results[one.name]!).find(({ dims }) => classesOf(dims));
  if (output === undefined) {
    throw new GdwsError('ARGUMENT_INVALID', 'the model is no classifier.', { remedy: 'Take its outputs, of infer.' });
  }
  const count = classesOf(output.dims)!;
  if (labels && labels.length !== count) {
    const summary = `the model '${name}' has ${count} classes, and names of ${labels.length}.`;
    throw new GdwsError('CONFIG_INVALID', summary, {
      remedy: 'Give labels.txt a line for each class, in their order.',
    });
  }
  const [classes] = topK(output, top, { labels });
  return { model_name: name, model_version: version, classes: classes! };
}
