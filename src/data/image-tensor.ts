import { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import { checkOptions, oneOf, type OptionTable } from '../base/options';
import { fromFloat32 } from '../onnx/floats';
import { fitted } from './fitted';
import { layouts, type Layout } from './layout';
import { planesOf } from './numpy-images';
import { readPicture } from './picture';
import type { Size } from './placement';
import { normalizationOf, preprocessingOptions, sizeIn, withPreset, type Preprocessing } from './preprocessing';
import type { Recipe } from './recipe';

const types = ['float32', 'float16', 'float64', 'uint8'] as const;

/** As many as sharp reads: sizes may follow from untrusted pictures and models. */
const mostPixels = 2 ** 28;

/** What {@link imageTensor} makes of a picture. */
export interface ImageTensorOptions extends Preprocessing {
  /** Whether it becomes red, green and blue (3, the default) or grey (1). */
  readonly channels?: 1 | 3;
  /** The order of the axes: (1, C, H, W), the default, or (1, H, W, C). */
  readonly layout?: Layout;
  /** The element type (default float32). Bytes are from 0 to 255, and not normalized. */
  readonly type?: (typeof types)[number];
}

const imageTensorOptions: OptionTable<ImageTensorOptions> = {
  ...preprocessingOptions,
  channels: { expected: '1 or 3', type: 'number', accepts: (value) => value === 1 || value === 3 },
  layout: oneOf(layouts),
  type: oneOf(types),
};

/** The tensor of a picture. */
export interface PlacedTensor {
  readonly tensor: Tensor;
  /** Size of the upright picture. */
  readonly picture: Size;
  /** Size of the tensor. */
  readonly size: Size;
  /** What was done; a picture that keeps its size is neither cropped nor stretched. */
  readonly recipe: Recipe;
}

/**
 * A picture as a network takes it: a batch of one. It is made upright (EXIF), put on black where it is transparent, resized by
 * Pillow's antialiased `BILINEAR`, as torchvision does it, and normalized. Needs the package `sharp`, and reads what that reads: JPEG,
 * PNG, WebP, AVIF, GIF, TIFF.
 *
 * @param source path of a picture, or its bytes
 * @param options without a `size` the picture keeps its own, and `fit` and `crop` do not matter
 * @example
 * const input = await imageTensor('photo.jpg', { preset: 'torchvision' });
 * @throws GdwsError DATA_UNREADABLE, DEPENDENCY_MISSING, ARGUMENT_INVALID
 */
export async function imageTensor(source: string | Uint8Array, options: ImageTensorOptions = {}): Promise<Tensor> {
  return (await placedTensor(source, options, () => undefined)).tensor;
}

/**
 * As {@link imageTensor}, with the sizes.
 *
 * @param sizeFor the size for a picture; where it gives none, that of the options, or the picture's own
 */
export async function placedTensor(
  source: string | Uint8Array,
  options: ImageTensorOptions,
  sizeFor: (picture: Size) => Size | undefined,
): Promise<PlacedTensor> {
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) {
    throw new GdwsError('ARGUMENT_INVALID', 'a picture is given as a path, or as bytes in a Uint8Array.');
  }
  checkOptions(options, imageTensorOptions);
  const { channels = 3, layout = 'nchw', type = 'float32', ...preprocessing } = options;
  const recipe = withPreset(preprocessing);
  const toElements = elementsBy(recipe, channels, type);
  const original = await readPicture(source, channels);
  const picture: Size = [original.height, original.width];
  const given = sizeFor(picture) ?? sizeIn(recipe);
  const size = given ?? picture;
  if (size[0] * size[1] > mostPixels) {
    throw new GdwsError('ARGUMENT_INVALID', `the picture would become ${size.join('×')} pixels.`, {
      remedy: 'Give a smaller size.',
    });
  }
  const used: Recipe = given ? recipe : { ...recipe, fit: 'fill' };
  const { pixels } = fitted(original, size, used);
  const dims = layout === 'nchw' ? [1, channels, ...size] : [1, ...size, channels];
  const plane = size[0] * size[1];
  const elements =
    layout === 'nchw'
      ? toElements(planesOf(pixels, 1, plane, channels), (at) => Math.floor(at / plane))
      : toElements(pixels, (at) => at % channels);
  return { tensor: tensorOf(type, dims, elements), picture, size, recipe: used };
}

/** What makes elements of bytes, which knows their channels. */
function elementsBy(recipe: Recipe, channels: number, type: ImageTensorOptions['type']) {
  if (type === 'uint8') {
    if (recipe.mean || recipe.std || recipe.range === 1) {
      throw new GdwsError('ARGUMENT_INVALID', 'bytes are from 0 to 255, and not normalized.', {
        remedy: 'Leave mean, std and range out, or take a type of floats.',
      });
    }
    return (pixels: Uint8Array): Uint8Array | Float32Array => pixels;
  }
  const { mean, std } = normalizationOf(recipe) ?? { mean: [0], std: [1] };
  const [means, stds] = Object.entries({ mean, std }).map(([name, values]) => {
    if (values.length === channels || values.length === 1) return values;
    throw new GdwsError(
      'ARGUMENT_INVALID',
      `${name} has ${values.length} numbers, and the picture ${channels} channels.`,
      {
        remedy: channels === 1 ? 'Give one number: it is grey.' : 'Give one number, or three.',
      },
    );
  });
  const tables = Array.from({ length: channels }, (_, channel) =>
    Float32Array.from(
      { length: 256 },
      (__, byte) => (byte / 255 - means![channel % means!.length]!) / stds![channel % stds!.length]!,
    ),
  );
  return (pixels: Uint8Array, channelOf: (at: number) => number) => {
    const elements = new Float32Array(pixels.length);
    for (let at = 0; at < pixels.length; at++) elements[at] = tables[channelOf(at)]![pixels[at]!]!;
    return elements;
  };
}

function tensorOf(type: (typeof types)[number], dims: readonly number[], elements: Uint8Array | Float32Array): Tensor {
  if (elements instanceof Uint8Array) return new Tensor('uint8', elements, dims);
  const { data } = fromFloat32(type, dims, elements);
  return new Tensor(type as 'float32', data as Float32Array, dims);
}
